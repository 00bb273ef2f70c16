// Which row groups of a file can hold rows that match.
#pragma once

#include <vector>

#include "table/column/field_match_internal.h"
#include "table/predicate/bound_predicate.h"
#include "table/predicate/value_range.h"

namespace parquet {
class ParquetFileReader;
}

namespace pixlake::table {

// Where one file answers a test of a predicate: by the statistics of a leaf, by a range that
// holds for the whole file (a partition value, a column the file does not have), or not.
struct TestPlace {
  enum class Kind { kUnknown, kLeaf, kConstant };

  Kind kind = Kind::kUnknown;
  int leaf = -1;
  ValueRange constant;
  int32_t char_length = 0;  // of the leaf (FieldMatch::char_length)
};

// A predicate tied to a file: one place for each of its tests. Borrows the predicate.
struct FilePredicate {
  const BoundPredicate* predicate = nullptr;
  std::vector<TestPlace> places;
};

// The place of a test of which `match` is the top-level field, as the file has it.
TestPlace PlaceOf(const BoundTest& test, const FieldMatch& match);

// False only when no row of the row group satisfies the predicate: by statistics, and by
// the bloom filter where one text or a list of them is looked for. Throws what parquet
// throws.
bool RowGroupMayMatch(parquet::ParquetFileReader* file, int row_group, const FilePredicate& predicate);

}  // namespace pixlake::table
