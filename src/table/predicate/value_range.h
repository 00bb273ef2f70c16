// What is known of a column in a file, a row group or a page, and what it leaves possible.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "table/predicate/bound_predicate.h"

namespace pixlake::table {

struct ValueRange {
  std::shared_ptr<arrow::Scalar> min = nullptr;  // null: unknown
  std::shared_ptr<arrow::Scalar> max = nullptr;  // null: unknown
  int64_t null_count = -1;                       // -1 unknown
  int64_t num_rows = -1;                         // -1 unknown
  // Writers may have shortened the bounds of texts: equal ones do not mean equal values.
  bool loose = false;

  // Every row has this value; null: they are null.
  static ValueRange Of(const std::shared_ptr<arrow::Scalar>& value);
};

// False only when no row within `range` can satisfy the test. Bounds of another type than
// the column's are read in its terms; where that is not sure: true.
bool MayMatch(const BoundTest& test, const ValueRange& range);

// False only when no row within `range` can have the value.
bool MayContain(const ValueRange& range, const arrow::Scalar& value);

}  // namespace pixlake::table
