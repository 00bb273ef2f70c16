// A table drawn for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "query/result/result_writer.h"

namespace pixlake::query {

// Terminal columns that UTF-8 text takes: wide letters two, combining marks none.
int DisplayWidth(std::string_view text);

// At most `width` columns of `text`, the last a '…' when something was cut.
std::string FitToWidth(std::string_view text, int width);

Result<int64_t> WriteTableBox(arrow::RecordBatchReader* rows, const WriteOptions& options,
                              arrow::io::OutputStream* out);

}  // namespace pixlake::query
