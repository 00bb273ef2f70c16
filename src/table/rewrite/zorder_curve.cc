#include "table/rewrite/zorder_curve.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

constexpr int kMaxBits = 16;
constexpr size_t kMaxColumns = 32;

bool IsText(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING;
}

bool IsReal(const arrow::DataType& type) {
  return arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
}

Result<std::shared_ptr<arrow::Array>> CastTo(const arrow::Array& array,
                                             const std::shared_ptr<arrow::DataType>& type) {
  // Dates do not become 64 bits in one step.
  if (array.type_id() == arrow::Type::DATE32) {
    PL_ASSIGN_OR_RETURN(const auto days, array.View(arrow::int32()));
    return arrow::compute::Cast(*days, type);
  }
  return arrow::compute::Cast(array, type, arrow::compute::CastOptions::Unsafe());
}

// Calls `on_value(row, value)` for every value that is not null; NaN counts as the largest.
template <typename OnValue>
Status ForEachValue(const arrow::Array& array, OnValue on_value) {
  if (IsText(*array.type())) {
    PL_ASSIGN_OR_RETURN(const auto cast, CastTo(array, arrow::large_utf8()));
    const auto& values = static_cast<const arrow::LargeStringArray&>(*cast);
    for (int64_t i = 0; i < values.length(); ++i) {
      if (values.IsValid(i)) on_value(i, std::string(values.GetView(i)));
    }
  } else if (IsReal(*array.type())) {
    PL_ASSIGN_OR_RETURN(const auto cast, CastTo(array, arrow::float64()));
    const auto& values = static_cast<const arrow::DoubleArray&>(*cast);
    for (int64_t i = 0; i < values.length(); ++i) {
      const double value = values.Value(i);
      if (values.IsValid(i)) on_value(i, std::isnan(value) ? HUGE_VAL : value);
    }
  } else {
    PL_ASSIGN_OR_RETURN(const auto cast, CastTo(array, arrow::int64()));
    const auto& values = static_cast<const arrow::Int64Array&>(*cast);
    for (int64_t i = 0; i < values.length(); ++i) {
      if (values.IsValid(i)) on_value(i, values.Value(i));
    }
  }
  return Status::OK();
}

// Where each but the first of at most `count` ranks begins: values of the sample, evenly
// spread, each once.
template <typename T>
std::vector<T> Quantiles(std::vector<T> sample, size_t count) {
  std::sort(sample.begin(), sample.end());
  std::vector<T> out;
  const size_t most = std::min(count, sample.size());
  for (size_t i = 0; i < most; ++i) out.push_back(sample[i * sample.size() / most]);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (!out.empty()) out.erase(out.begin());
  return out;
}

template <typename T>
Result<std::vector<T>> BoundsOf(const arrow::Array& sample, size_t count) {
  std::vector<T> values;
  PL_RETURN_NOT_OK(ForEachValue(sample, [&](int64_t, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, T>) values.push_back(value);
  }));
  return Quantiles(std::move(values), count);
}

}  // namespace

bool HasOrder(const arrow::DataType& type) {
  return IsText(type) || IsReal(type) || arrow::is_integer(type.id()) || type.id() == arrow::Type::BOOL ||
         type.id() == arrow::Type::DATE32 || type.id() == arrow::Type::TIMESTAMP;
}

Result<ZOrderCurve> ZOrderCurve::Make(const arrow::RecordBatch& sample) {
  const auto columns = static_cast<size_t>(sample.num_columns());
  if (columns == 0 || columns > kMaxColumns) {
    return Error(ErrorCode::kUsage,
                 fmt::format("Z-order over {} columns; expected 1 to {}", columns, kMaxColumns));
  }
  ZOrderCurve curve;
  curve.bits_ = std::min(kMaxBits, static_cast<int>(64 / columns));
  const size_t ranks = size_t{1} << curve.bits_;
  for (const auto& column : sample.columns()) {
    if (!HasOrder(*column->type())) {
      return Error(ErrorCode::kUsage,
                   fmt::format("values of type {} have no order", column->type()->ToString()));
    }
    Bounds bounds;
    if (IsText(*column->type())) {
      PL_ASSIGN_OR_RETURN(bounds, BoundsOf<std::string>(*column, ranks));
    } else if (IsReal(*column->type())) {
      PL_ASSIGN_OR_RETURN(bounds, BoundsOf<double>(*column, ranks));
    } else {
      PL_ASSIGN_OR_RETURN(bounds, BoundsOf<int64_t>(*column, ranks));
    }
    curve.bounds_.push_back(std::move(bounds));
  }
  return curve;
}

Result<std::vector<uint64_t>> ZOrderCurve::Keys(const arrow::RecordBatch& columns) const {
  std::vector<uint64_t> keys(static_cast<size_t>(columns.num_rows()), 0);
  const size_t count = bounds_.size();
  for (size_t c = 0; c < count; ++c) {
    PL_RETURN_NOT_OK(ForEachValue(*columns.column(static_cast<int>(c)), [&](int64_t row, const auto& value) {
      using Value = std::decay_t<decltype(value)>;
      const auto* bounds = std::get_if<std::vector<Value>>(&bounds_[c]);
      if (bounds == nullptr) return;
      const auto rank =
          static_cast<uint64_t>(std::upper_bound(bounds->begin(), bounds->end(), value) - bounds->begin());
      // A rank uses the high bits, so that few distinct values still spread.
      const uint64_t spread = rank << (bits_ - std::bit_width(bounds->size()));
      for (int bit = bits_ - 1; bit >= 0; --bit) {
        const size_t place = static_cast<size_t>(bit) * count + (count - 1 - c);
        keys[static_cast<size_t>(row)] |= (spread >> bit & 1) << place;
      }
    }));
  }
  return keys;
}

}  // namespace pixlake::table
