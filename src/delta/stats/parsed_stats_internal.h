// Statistics that a checkpoint holds as a struct, not as JSON.
#pragma once

#include <memory>
#include <string>

#include <arrow/type_fwd.h>

namespace pixlake::delta {

// `add.stats_parsed` of one row as the JSON a commit would have; values that JSON
// cannot hold exactly are left out. Empty when there is nothing.
std::string ParsedStatsToJson(const std::shared_ptr<arrow::Array>& stats, int64_t row);

}  // namespace pixlake::delta
