#include "table/predicate/value_range.h"

#include <algorithm>
#include <cmath>

#include <arrow/scalar.h>
#include <arrow/type.h>

namespace pixlake::table {
namespace {

// A bound in the column's terms; nullopt: unknown.
std::optional<OrderedValue> BoundOf(const arrow::DataType& type, const std::shared_ptr<arrow::Scalar>& bound,
                                    bool is_max) {
  if (bound == nullptr || !bound->is_valid) return std::nullopt;
  std::optional<OrderedValue> value = InTermsOf(type, *bound);
  if (!value || value->kind != OrderedValue::Kind::kFloat) return value;
  if (std::isnan(value->number)) return std::nullopt;
  if (type.id() == arrow::Type::FLOAT && !IsFloat32(value->number)) {
    // A 32-bit float that was written as a short decimal: 0.1 may mean a little more.
    const double meant = static_cast<float>(value->number);
    value->number = is_max ? std::max(value->number, meant) : std::min(value->number, meant);
  }
  return value;
}

// The bounds of one column.
struct Bounds {
  std::optional<OrderedValue> min;
  std::optional<OrderedValue> max;
  // Writers leave NaN, which is above all numbers, out of bounds.
  bool hides_nan = false;
  bool loose = false;

  // The order of the bound and the value; nullopt when it cannot be told.
  std::optional<int> MinTo(const OrderedValue& value) const {
    return min ? Order(*min, value) : std::nullopt;
  }
  std::optional<int> MaxTo(const OrderedValue& value) const {
    return max ? Order(*max, value) : std::nullopt;
  }

  bool MayEqual(const OrderedValue& value) const {
    if (value.kind == OrderedValue::Kind::kSteps && !value.exact) return false;
    if (value.kind == OrderedValue::Kind::kFloat && std::isnan(value.number)) return true;
    const auto to_min = MinTo(value), to_max = MaxTo(value);
    return !(to_min && *to_min > 0) && !(to_max && *to_max < 0);
  }
  bool MayDiffer(const OrderedValue& value) const {
    if (hides_nan || loose) return true;
    const auto to_min = MinTo(value), to_max = MaxTo(value);
    return !(to_min && to_max && *to_min == 0 && *to_max == 0);
  }
  bool MayStartWith(std::string_view prefix) const {
    return !(max && max->bytes < prefix) && !(min && min->bytes.substr(0, prefix.size()) > prefix);
  }
  // Between two texts that start with it all do.
  bool MayStartOtherwise(std::string_view prefix) const {
    return loose || !min || !max || !min->bytes.starts_with(prefix) || !max->bytes.starts_with(prefix);
  }
};

}  // namespace

ValueRange ValueRange::Of(const std::shared_ptr<arrow::Scalar>& value) {
  const bool is_null = value == nullptr || !value->is_valid;
  return {is_null ? nullptr : value, is_null ? nullptr : value, is_null ? 1 : 0, 1};
}

bool MayMatch(const BoundTest& test, const ValueRange& range) {
  if (range.num_rows == 0) return false;
  if (test.op == CompareOp::kIsNull) return range.null_count != 0;
  // Nothing but nulls: every other test is not true of any row.
  if (range.num_rows > 0 && range.null_count >= range.num_rows) return false;
  if (test.op == CompareOp::kIsNotNull) return true;
  if (test.op == CompareOp::kNotIn && test.null_in_list) return false;
  const bool is_float = arrow::is_floating(test.type->id());
  const Bounds bounds{BoundOf(*test.type, range.min, false), BoundOf(*test.type, range.max, true), is_float,
                      range.loose};
  const auto may_equal = [&](const OrderedValue& value) { return bounds.MayEqual(value); };
  const auto may_differ = [&](const OrderedValue& value) { return bounds.MayDiffer(value); };
  if (test.op == CompareOp::kIn) return std::any_of(test.values.begin(), test.values.end(), may_equal);
  if (test.op == CompareOp::kNotIn) return std::all_of(test.values.begin(), test.values.end(), may_differ);
  const OrderedValue& value = test.values[0];
  const bool is_nan = is_float && std::isnan(value.number);
  const auto to_min = is_nan ? std::nullopt : bounds.MinTo(value);
  const auto to_max = is_nan || is_float ? std::nullopt : bounds.MaxTo(value);
  switch (test.op) {
    case CompareOp::kEq:
      return may_equal(value);
    case CompareOp::kNe:
      return may_differ(value);
    case CompareOp::kLt:
      return !(to_min && *to_min >= 0);
    case CompareOp::kLe:
      return !(to_min && *to_min > 0);
    case CompareOp::kGt:
      return !(to_max && *to_max <= 0);
    case CompareOp::kGe:
      return !(to_max && *to_max < 0);
    case CompareOp::kStartsWith:
      return bounds.MayStartWith(value.bytes);
    case CompareOp::kNotStartsWith:
      return bounds.MayStartOtherwise(value.bytes);
    default:
      return true;
  }
}

bool MayContain(const ValueRange& range, const arrow::Scalar& value) {
  const auto above = [&](const std::shared_ptr<arrow::Scalar>& bound) {
    return bound != nullptr && bound->is_valid ? Order(*bound, value) : std::nullopt;
  };
  const auto to_min = above(range.min), to_max = above(range.max);
  return !(to_min && *to_min > 0) && !(to_max && *to_max < 0);
}

}  // namespace pixlake::table
