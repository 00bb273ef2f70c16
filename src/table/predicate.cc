#include "table/predicate.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

namespace pixlake::table {
namespace {

__extension__ using Int128 = __int128;
using arrow::Decimal256;
using arrow::Scalar;

// Whole numbers up to here are exact as a double.
constexpr double kExactDouble = 9007199254740992.0;  // 2^53

enum class Family { kOther, kBool, kInteger, kFloat, kDecimal, kString, kBinary, kNaiveTime, kZonedTime };

template <typename ScalarType>
const ScalarType& As(const Scalar& scalar) {
  return static_cast<const ScalarType&>(scalar);
}

Family FamilyOf(const arrow::DataType& type) {
  if (arrow::is_integer(type.id())) return Family::kInteger;
  if (arrow::is_decimal(type.id())) return Family::kDecimal;
  switch (type.id()) {
    case arrow::Type::BOOL:
      return Family::kBool;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return Family::kFloat;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return Family::kString;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return Family::kBinary;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return Family::kNaiveTime;
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? Family::kNaiveTime
                                                                               : Family::kZonedTime;
    default:
      return Family::kOther;
  }
}

Int128 IntegerValue(const Scalar& scalar) {
  switch (scalar.type->id()) {
    case arrow::Type::INT8:
      return As<arrow::Int8Scalar>(scalar).value;
    case arrow::Type::INT16:
      return As<arrow::Int16Scalar>(scalar).value;
    case arrow::Type::INT32:
      return As<arrow::Int32Scalar>(scalar).value;
    case arrow::Type::UINT8:
      return As<arrow::UInt8Scalar>(scalar).value;
    case arrow::Type::UINT16:
      return As<arrow::UInt16Scalar>(scalar).value;
    case arrow::Type::UINT32:
      return As<arrow::UInt32Scalar>(scalar).value;
    case arrow::Type::UINT64:
      return As<arrow::UInt64Scalar>(scalar).value;
    default:
      return As<arrow::Int64Scalar>(scalar).value;
  }
}

double FloatValue(const Scalar& scalar) {
  return scalar.type->id() == arrow::Type::FLOAT ? As<arrow::FloatScalar>(scalar).value
                                                 : As<arrow::DoubleScalar>(scalar).value;
}

// Nanoseconds since the epoch.
Int128 TimeValue(const Scalar& scalar) {
  constexpr Int128 kNanosPerMilli = 1000000;
  if (scalar.type->id() == arrow::Type::DATE32) {
    return As<arrow::Date32Scalar>(scalar).value * (86400000 * kNanosPerMilli);
  }
  if (scalar.type->id() == arrow::Type::DATE64) return As<arrow::Date64Scalar>(scalar).value * kNanosPerMilli;
  const Int128 value = As<arrow::TimestampScalar>(scalar).value;
  switch (static_cast<const arrow::TimestampType&>(*scalar.type).unit()) {
    case arrow::TimeUnit::SECOND:
      return value * 1000000000;
    case arrow::TimeUnit::MILLI:
      return value * kNanosPerMilli;
    case arrow::TimeUnit::MICRO:
      return value * 1000;
    case arrow::TimeUnit::NANO:
      return value;
  }
  return value;
}

struct DecimalValue {
  Decimal256 unscaled;
  int32_t scale = 0;
};

std::optional<DecimalValue> ToDecimal(const Scalar& scalar) {
  if (FamilyOf(*scalar.type) == Family::kInteger) {
    const Int128 value = IntegerValue(scalar);
    return DecimalValue{
        Decimal256(arrow::Decimal128(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value))), 0};
  }
  const int32_t scale = static_cast<const arrow::DecimalType&>(*scalar.type).scale();
  switch (scalar.type->id()) {
    case arrow::Type::DECIMAL32:
      return DecimalValue{Decimal256(int64_t{As<arrow::Decimal32Scalar>(scalar).value.value()}), scale};
    case arrow::Type::DECIMAL64:
      return DecimalValue{Decimal256(As<arrow::Decimal64Scalar>(scalar).value.value()), scale};
    case arrow::Type::DECIMAL128:
      return DecimalValue{Decimal256(As<arrow::Decimal128Scalar>(scalar).value), scale};
    case arrow::Type::DECIMAL256:
      return DecimalValue{As<arrow::Decimal256Scalar>(scalar).value, scale};
    default:
      return std::nullopt;
  }
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

std::optional<int> CompareDecimals(const Scalar& a, const Scalar& b) {
  auto left = ToDecimal(a);
  auto right = ToDecimal(b);
  if (!left || !right) return std::nullopt;
  const int32_t scale = std::max(left->scale, right->scale);
  auto scaled_left = left->unscaled.Rescale(left->scale, scale);
  auto scaled_right = right->unscaled.Rescale(right->scale, scale);
  if (!scaled_left.ok() || !scaled_right.ok()) return std::nullopt;
  return Order(*scaled_left, *scaled_right);
}

// The value of a number as a double, when that is the very same number.
std::optional<double> ExactDouble(const Scalar& scalar) {
  switch (FamilyOf(*scalar.type)) {
    case Family::kFloat:
      return FloatValue(scalar);
    case Family::kInteger: {
      const auto value = static_cast<double>(IntegerValue(scalar));
      if (std::fabs(value) >= kExactDouble) return std::nullopt;
      return value;
    }
    case Family::kDecimal: {
      // n / 10^s is a binary fraction exactly when 5^s divides n.
      const auto decimal = ToDecimal(scalar);
      if (!decimal || decimal->scale < 0 || decimal->scale > 20) return std::nullopt;
      Decimal256 rest = decimal->unscaled;
      for (int i = 0; i < decimal->scale; ++i) {
        if (rest % Decimal256(5) != Decimal256(0)) return std::nullopt;
        rest /= Decimal256(5);
      }
      const double numerator = rest.ToDouble(0);
      if (std::fabs(numerator) >= kExactDouble) return std::nullopt;
      return std::ldexp(numerator, -decimal->scale);
    }
    default:
      return std::nullopt;
  }
}

bool IsNumber(Family family) {
  return family == Family::kInteger || family == Family::kFloat || family == Family::kDecimal;
}

// Numbers of different families, one of which is binary floating point. Engines
// compare those as doubles, so the answer only counts where that loses nothing.
std::optional<int> CompareAsDoubles(const Scalar& a, const Scalar& b) {
  const auto left = ExactDouble(a);
  const auto right = ExactDouble(b);
  if (!left || !right || std::isnan(*left) || std::isnan(*right)) return std::nullopt;
  return Order(*left, *right);
}

// The order of `bound` and `value`; nullopt when it cannot be told.
std::optional<int> Compare(const Scalar& bound, const Scalar& value) {
  const Family left = FamilyOf(*bound.type);
  const Family right = FamilyOf(*value.type);
  if (IsNumber(left) && IsNumber(right)) {
    if (left == Family::kFloat || right == Family::kFloat) return CompareAsDoubles(bound, value);
    if (left == Family::kInteger && right == Family::kInteger) {
      return Order(IntegerValue(bound), IntegerValue(value));
    }
    return CompareDecimals(bound, value);
  }
  if (left != right) return std::nullopt;
  switch (left) {
    case Family::kBool:
      return Order(As<arrow::BooleanScalar>(bound).value, As<arrow::BooleanScalar>(value).value);
    case Family::kString:
    case Family::kBinary:
      return Order(As<arrow::BaseBinaryScalar>(bound).view(), As<arrow::BaseBinaryScalar>(value).view());
    case Family::kNaiveTime:
    case Family::kZonedTime:
      return Order(TimeValue(bound), TimeValue(value));
    default:
      return std::nullopt;
  }
}

bool Known(const std::shared_ptr<Scalar>& scalar) {
  return scalar != nullptr && scalar->is_valid;
}

// The order of a bound that may be unknown and a value.
std::optional<int> CompareBound(const std::shared_ptr<Scalar>& bound, const Scalar& value) {
  return Known(bound) ? Compare(*bound, value) : std::nullopt;
}

// Writers leave NaN out of minimum and maximum, and engines sort NaN after every
// number, so a float column may hold values above its maximum.
bool MayHideNan(const ValueRange& range) {
  const auto is_float = [](const std::shared_ptr<Scalar>& bound) {
    return bound != nullptr && arrow::is_floating(bound->type->id());
  };
  return is_float(range.min) || is_float(range.max);
}

bool MayEqual(const ValueRange& range, const std::shared_ptr<Scalar>& value) {
  if (!Known(value)) return true;
  const auto to_min = CompareBound(range.min, *value);
  const auto to_max = CompareBound(range.max, *value);
  return !(to_min && *to_min > 0) && !(to_max && *to_max < 0);
}

bool MayDiffer(const ValueRange& range, const Scalar& value) {
  if (MayHideNan(range)) return true;
  const auto to_min = CompareBound(range.min, value);
  const auto to_max = CompareBound(range.max, value);
  return !(to_min && to_max && *to_min == 0 && *to_max == 0);
}

}  // namespace

bool MayMatch(const Comparison& comparison, const ValueRange& range) {
  if (range.num_rows == 0) return false;
  if (comparison.op == CompareOp::kIsNull) return range.null_count != 0;
  // Nothing but nulls: every other test is not true of any row.
  if (range.num_rows > 0 && range.null_count >= range.num_rows) return false;
  if (comparison.op == CompareOp::kIsNotNull) return true;
  if (comparison.op == CompareOp::kIn) {
    return std::any_of(comparison.values.begin(), comparison.values.end(),
                       [&](const auto& value) { return MayEqual(range, value); });
  }
  if (comparison.values.size() != 1 || !Known(comparison.values[0])) return true;
  const Scalar& value = *comparison.values[0];
  const auto to_min = CompareBound(range.min, value);
  const auto to_max = CompareBound(range.max, value);
  switch (comparison.op) {
    case CompareOp::kEq:
      return MayEqual(range, comparison.values[0]);
    case CompareOp::kNe:
      return MayDiffer(range, value);
    case CompareOp::kLt:
      return !(to_min && *to_min >= 0);
    case CompareOp::kLe:
      return !(to_min && *to_min > 0);
    case CompareOp::kGt:
      return MayHideNan(range) || !(to_max && *to_max <= 0);
    case CompareOp::kGe:
      return MayHideNan(range) || !(to_max && *to_max < 0);
    default:
      return true;
  }
}

}  // namespace pixlake::table
