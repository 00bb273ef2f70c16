// raw.metadata of a lake as a sink of `pixlake metadata`.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "catalog/lake.h"
#include "sink/sink.h"
#include "table/table.h"

namespace pixlake::ingest {

// Rows are appended, a commit each Flush; the table is made when it is not there. Rows with
// more than `memory_bytes` of text are not held back. `lake` and `format` outlive the sink.
Result<std::unique_ptr<sink::Sink>> OpenLakeSink(const catalog::Lake& lake, table::TableFormat* format,
                                                 int64_t memory_bytes);

}  // namespace pixlake::ingest
