// The rows of a reader as a gate lets them pass.
#pragma once

#include <memory>

#include <arrow/record_batch.h>

#include "table/row/row_gate.h"

namespace pixlake::table {

// Of one task of a plan that has a gate.
Result<std::unique_ptr<arrow::RecordBatchReader>> ReadGated(const std::shared_ptr<io::Store>& store,
                                                            const ScanPlan& plan, const ScanTask& task);

}  // namespace pixlake::table
