// Where a row stands on a Z-order curve.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

// A column's values become ranks among a sample's, so that the bits interleave evenly
// however the values are spread. Immutable: thread-safe.
class ZOrderCurve {
 public:
  // `sample` has one column per key, in order. kUsage for a type without an order.
  static Result<ZOrderCurve> Make(const arrow::RecordBatch& sample);

  // One key per row; nulls stand with the lowest values. The columns are those of the sample.
  Result<std::vector<uint64_t>> Keys(const arrow::RecordBatch& columns) const;

 private:
  // Where each rank but the first begins, sorted, distinct.
  using Bounds = std::variant<std::vector<int64_t>, std::vector<double>, std::vector<std::string>>;

  std::vector<Bounds> bounds_;
  int bits_ = 16;  // of each column
};

// False for types that ZOrderCurve has no order for (blobs, structs, lists, maps).
bool HasOrder(const arrow::DataType& type);

}  // namespace pixlake::table
