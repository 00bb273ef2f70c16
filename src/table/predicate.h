// Conditions by which files and row groups are skipped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace pixlake::table {

enum class CompareOp { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kIsNull, kIsNotNull };

// `column` leads through structs from the top-level name. `values` holds one
// non-null scalar for the binary operators, n for kIn, none for the null tests.
// SQL semantics: a comparison with a null value is not true.
struct Comparison {
  std::vector<std::string> column;
  CompareOp op = CompareOp::kEq;
  std::vector<std::shared_ptr<arrow::Scalar>> values;
};

// All must hold. Empty: every row. A predicate prunes; it does not filter: rows
// that do not match may still come out of a scan.
struct Predicate {
  std::vector<Comparison> all_of;
};

// What is known of a column in a file or row group.
struct ValueRange {
  std::shared_ptr<arrow::Scalar> min;  // null: unknown
  std::shared_ptr<arrow::Scalar> max;  // null: unknown
  int64_t null_count = -1;             // -1 unknown
  int64_t num_rows = -1;               // -1 unknown
};

// False only when no row within `range` can satisfy `comparison`. Scalars of
// different types are cast to the range's type; when that is not exact: true.
bool MayMatch(const Comparison& comparison, const ValueRange& range);

}  // namespace pixlake::table
