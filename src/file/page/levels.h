// From nested Arrow arrays to Parquet's definition and repetition levels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

// One leaf column of a (nested) array, ready for parquet::ColumnWriter::WriteArrow.
struct LeafColumn {
  std::vector<int16_t> definition_levels;  // one per level entry; empty when max is 0
  std::vector<int16_t> repetition_levels;  // likewise
  int64_t num_levels = 0;
  // One slot per entry that reaches the innermost list (or row) level.
  std::shared_ptr<arrow::Array> values;
  bool nullable = false;
};

// How many leaves a column of the type has.
int LeafCount(const arrow::DataType& type);

// Shreds `array`, a column of `field`, into its leaves in schema order, as Dremel
// does (Parquet format, "Nested Encoding"). Structs, lists (list, large_list,
// fixed_size_list not) and maps of any depth. kUnsupported for other nested types,
// kSchemaMismatch when a non-nullable field holds a null.
Status ShredLevels(const arrow::Field& field, const std::shared_ptr<arrow::Array>& array,
                   std::vector<LeafColumn>* leaves);

}  // namespace pixlake::file
