// A predicate over the rows of a batch, a column at a time.
#pragma once

#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/predicate/bound_predicate.h"

namespace pixlake::table {

// True, false or null for each row, as SQL has it. Columns are found by name and are of the
// types that the predicate was bound to. kUnsupported when the predicate is not exact,
// kInternal when the batch lacks a column of it.
Result<std::shared_ptr<arrow::BooleanArray>> EvaluateRows(const BoundPredicate& predicate,
                                                          const arrow::RecordBatch& batch);

// False only for rows that do not satisfy the predicate: columns that the batch lacks and
// what is unknown may be anything.
std::vector<bool> MayMatchRows(const BoundPredicate& predicate, const arrow::RecordBatch& batch);

}  // namespace pixlake::table
