// The rows of one data file, for copying them.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/scan.h"

namespace pixlake::table {

// Like ReadTask, but blobs of files in our own layout come as `binary_view` arrays that
// point into the pages as they were read: compared with their checksums, never decoded.
// `plan`'s output must have no partition columns, and its mapping go by the columns' own
// names for the blobs to be found; other files come through ReadTask. Deleted rows are
// left out. A batch holds about `batch_bytes` of blobs.
Result<std::unique_ptr<arrow::RecordBatchReader>> ReadForCopy(const std::shared_ptr<io::Store>& store,
                                                              const ScanPlan& plan, const ScanTask& task,
                                                              int64_t batch_bytes);

}  // namespace pixlake::table
