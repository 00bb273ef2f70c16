// Rows that are deleted by what is in them, not by where they are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/row/row_gate.h"

namespace pixlake::table {

// Keys that rows are deleted by: a row goes whose columns, named as those of `keys`, have the values
// of one of its rows. As in Iceberg's equality deletes nulls equal each other, and so do NaNs; -0.0 is
// no 0.0.
struct DeletedKeys {
  std::shared_ptr<arrow::RecordBatch> keys;
  // Which files they are of, by ScanTask::ordinal: later ones may have such a row again. Null: all.
  std::shared_ptr<const std::vector<int64_t>> files;  // sorted
};

// The gate that leaves such rows out; for PlanWithGate. kUnsupported for keys of nested types,
// kUsage for columns that `schema` does not have or has of another type.
Result<std::shared_ptr<const RowGate>> MakeValueDeletes(const arrow::Schema& schema,
                                                        const std::vector<DeletedKeys>& deletes);

}  // namespace pixlake::table
