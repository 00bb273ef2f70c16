// What of a column's value decides in which partition its row is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/predicate/value_range.h"

namespace pixlake::table {

// As Iceberg names them ("Partition Transforms" of its specification); identity is all that Delta and
// Hudi have.
enum class Transform { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid };

// One part of what partitions are kept apart by.
struct PartitionField {
  std::string column;  // of the table
  Transform transform = Transform::kIdentity;
  int32_t width = 0;  // of kBucket: how many there are; of kTruncate: to which length or multiple
  std::string name;   // of the part itself: "taken_at_day"
};

// "bucket[16]", "truncate[4]", "day"; kCorrupt for what is none.
Result<PartitionField> ParseTransform(std::string_view text);
std::string TransformText(const PartitionField& field);

// Of which type the parts are where the column is of `source`. kUnsupported where the transform has no
// meaning for it.
Result<std::shared_ptr<arrow::DataType>> TransformedType(const PartitionField& field,
                                                         const std::shared_ptr<arrow::DataType>& source);

// The part that a value is in; null for null, and for everything where the transform is void.
Result<std::shared_ptr<arrow::Scalar>> ApplyTransform(const PartitionField& field,
                                                      const arrow::Scalar& value);

// What the values of the column, of type `source`, can be where its part is `part`; nothing known where
// that does not follow. For MayMatch: files are skipped by it.
ValueRange RangeOfPart(const PartitionField& field, const std::shared_ptr<arrow::DataType>& source,
                       const arrow::Scalar& part);

// Iceberg's hash of a value ("Appendix B: 32-bit Hash Requirements"), by which buckets are chosen.
// kUnsupported for types that have none.
Result<int32_t> BucketHash(const arrow::Scalar& value);

}  // namespace pixlake::table
