// Which row groups of a file can hold rows that match.
#pragma once

#include "table/field_match_internal.h"
#include "table/predicate.h"

namespace parquet {
class ParquetFileReader;
}

namespace pixlake::table {

// A condition tied to a file: the leaf whose statistics decide it, or a range that
// holds for the whole file (a partition value, a column the file does not have).
struct BoundComparison {
  Comparison comparison;
  int leaf = -1;
  ValueRange constant;      // used when `leaf` is -1
  int32_t char_length = 0;  // of the leaf (FieldMapping::char_length)
};

// Binds to a leaf; false when the path does not lead through structs to one of `fields`.
bool BindComparison(const Comparison& comparison, const std::vector<FieldMatch>& fields,
                    BoundComparison* out);

// The constant of a partition value (null allowed).
BoundComparison BindConstant(const Comparison& comparison, const std::shared_ptr<arrow::Scalar>& value);

// False only when no row of the row group satisfies every condition: by statistics,
// and by the bloom filter where one text or a list of them is looked for. Throws what
// parquet throws.
bool RowGroupMayMatch(parquet::ParquetFileReader* file, int row_group,
                      const std::vector<BoundComparison>& comparisons);

}  // namespace pixlake::table
