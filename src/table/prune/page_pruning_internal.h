// Which rows of a row group can match, by the bounds of its pages.
#pragma once

#include <cstdint>
#include <vector>

#include "table/prune/row_group_pruning_internal.h"

namespace pixlake::table {

// Rows of a row group, counted from its first.
struct RowRange {
  int64_t first = 0;
  int64_t count = 0;
};

// The rows that the column index (Parquet's statistics of each page) leaves, in order and
// apart from one another; the whole row group where there is no index, or none that makes
// sense. Rows that are left out surely do not satisfy the predicate. Throws what parquet throws.
std::vector<RowRange> RowsThatMayMatch(parquet::ParquetFileReader* file, int row_group,
                                       const FilePredicate& predicate);

}  // namespace pixlake::table
