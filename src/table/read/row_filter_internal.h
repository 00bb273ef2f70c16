// Rows of a batch that are kept.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/scan.h"

namespace pixlake::table {

// The rows with true, of which there is one for each row. The batch itself when all are.
Result<std::shared_ptr<arrow::RecordBatch>> KeepRows(std::shared_ptr<arrow::RecordBatch> batch,
                                                     const std::vector<bool>& keep);

// Without the rows that the task has deleted or not selected; `first_row` is the batch's
// first in the file.
Result<std::shared_ptr<arrow::RecordBatch>> KeepLiveRows(std::shared_ptr<arrow::RecordBatch> batch,
                                                         const ScanTask& task, int64_t first_row);

}  // namespace pixlake::table
