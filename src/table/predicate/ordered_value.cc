#include "table/predicate/ordered_value.h"

#include <algorithm>
#include <cmath>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

namespace pixlake::table {
namespace {

using arrow::Decimal256;
using arrow::Scalar;

// Whole numbers up to here are exact as a double.
constexpr double kExactDouble = 9007199254740992.0;  // 2^53
constexpr int64_t kNanosPerDay = int64_t{86400} * 1000000000;

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

Int128 Nanoseconds(const Scalar& scalar) {
  Int128 steps = 0;
  switch (scalar.type->id()) {
    case arrow::Type::DATE32:
      steps = As<arrow::Date32Scalar>(scalar).value;
      break;
    case arrow::Type::DATE64:
      steps = As<arrow::Date64Scalar>(scalar).value;
      break;
    default:
      steps = As<arrow::TimestampScalar>(scalar).value;
  }
  return steps * NanosecondsPerStep(*scalar.type);
}

int32_t ScaleOf(const arrow::DataType& type) {
  return static_cast<const arrow::DecimalType&>(type).scale();
}

std::optional<Int128> Narrow(const Decimal256& value) {
  const auto& words = value.little_endian_array();
  const uint64_t sign = static_cast<int64_t>(words[1]) < 0 ? ~uint64_t{0} : 0;
  if (words[2] != sign || words[3] != sign) return std::nullopt;
  return (static_cast<Int128>(static_cast<int64_t>(words[1])) << 64) | static_cast<Int128>(words[0]);
}

std::optional<Int128> Unscaled(const Scalar& scalar) {
  switch (scalar.type->id()) {
    case arrow::Type::DECIMAL32:
      return Int128{As<arrow::Decimal32Scalar>(scalar).value.value()};
    case arrow::Type::DECIMAL64:
      return Int128{As<arrow::Decimal64Scalar>(scalar).value.value()};
    case arrow::Type::DECIMAL128:
      return Narrow(Decimal256(As<arrow::Decimal128Scalar>(scalar).value));
    case arrow::Type::DECIMAL256:
      return Narrow(As<arrow::Decimal256Scalar>(scalar).value);
    default:
      return std::nullopt;
  }
}

OrderedValue Steps(Int128 steps, bool exact = true) {
  OrderedValue value;
  value.steps = steps;
  value.exact = exact;
  return value;
}

OrderedValue Number(double number) {
  OrderedValue value;
  value.kind = OrderedValue::Kind::kFloat;
  value.number = number;
  return value;
}

OrderedValue Bytes(std::string_view bytes) {
  OrderedValue value;
  value.kind = OrderedValue::Kind::kBytes;
  value.bytes = bytes;
  return value;
}

OrderedValue Divided(Int128 value, Int128 by) {
  const Int128 rest = value % by;
  return Steps(value / by - (rest < 0 ? 1 : 0), rest == 0);
}

// value / 10^from as steps of 10^-to.
std::optional<OrderedValue> Rescaled(Int128 value, int32_t from, int32_t to) {
  // Beyond these no decimal of 38 digits has a value beside the other.
  if (std::abs(int64_t{to} - from) > 38) return std::nullopt;
  Int128 power = 1;
  for (int32_t i = 0; i < std::abs(to - from); ++i) power *= 10;
  if (to < from) return Divided(value, power);
  Int128 product = 0;
  if (__builtin_mul_overflow(value, power, &product)) return std::nullopt;
  return Steps(product);
}

// Engines compare a whole number beside a float as floats: where the float is below 2^53 that
// is as good as exact.
std::optional<OrderedValue> FloatAsInteger(double number) {
  if (!(std::fabs(number) < kExactDouble)) return std::nullopt;
  const double floor = std::floor(number);
  return Steps(static_cast<Int128>(floor), floor == number);
}

// As doubles, too; decimals of up to 15 digits are doubles apart from one another.
std::optional<OrderedValue> FloatAsDecimal(const arrow::DecimalType& type, double number) {
  if (type.precision() > 15 || type.scale() < 0 || type.scale() > 15) return std::nullopt;
  const double power = std::pow(10.0, type.scale());
  const double product = number * power;
  if (!(std::fabs(product) < 1e15)) return std::nullopt;
  double floor = std::floor(product);
  if ((floor + 1) / power <= number) floor += 1;
  if (floor / power > number) floor -= 1;
  if (floor / power > number || (floor + 1) / power <= number) return std::nullopt;
  return Steps(static_cast<Int128>(floor), floor / power == number);
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
      std::optional<Int128> rest = Unscaled(scalar);
      const int32_t scale = ScaleOf(*scalar.type);
      if (!rest || scale < 0 || scale > 20) return std::nullopt;
      for (int i = 0; i < scale; ++i) {
        if (*rest % 5 != 0) return std::nullopt;
        *rest /= 5;
      }
      const auto numerator = static_cast<double>(*rest);
      if (std::fabs(numerator) >= kExactDouble) return std::nullopt;
      return std::ldexp(numerator, -scale);
    }
    default:
      return std::nullopt;
  }
}

std::optional<OrderedValue> AsInteger(const Scalar& value) {
  switch (FamilyOf(*value.type)) {
    case Family::kInteger:
      return Steps(IntegerValue(value));
    case Family::kDecimal: {
      const auto unscaled = Unscaled(value);
      return unscaled ? Rescaled(*unscaled, ScaleOf(*value.type), 0) : std::nullopt;
    }
    case Family::kFloat:
      return FloatAsInteger(FloatValue(value));
    default:
      return std::nullopt;
  }
}

std::optional<OrderedValue> AsDecimal(const arrow::DataType& type, const Scalar& value) {
  // What is wider is not read as steps.
  if (static_cast<const arrow::DecimalType&>(type).precision() > 38) return std::nullopt;
  switch (FamilyOf(*value.type)) {
    case Family::kInteger:
      return Rescaled(IntegerValue(value), 0, ScaleOf(type));
    case Family::kDecimal: {
      const auto unscaled = Unscaled(value);
      return unscaled ? Rescaled(*unscaled, ScaleOf(*value.type), ScaleOf(type)) : std::nullopt;
    }
    case Family::kFloat:
      return FloatAsDecimal(static_cast<const arrow::DecimalType&>(type), FloatValue(value));
    default:
      return std::nullopt;
  }
}

}  // namespace

int64_t NanosecondsPerStep(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DATE32) return kNanosPerDay;
  if (type.id() == arrow::Type::DATE64) return 1000000;
  if (type.id() != arrow::Type::TIMESTAMP) return 0;
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND:
      return 1000000000;
    case arrow::TimeUnit::MILLI:
      return 1000000;
    case arrow::TimeUnit::MICRO:
      return 1000;
    case arrow::TimeUnit::NANO:
      return 1;
  }
  return 0;
}

bool IsFloat32(double number) {
  return std::isnan(number) || static_cast<double>(static_cast<float>(number)) == number;
}

std::optional<OrderedValue> InTermsOf(const arrow::DataType& type, const Scalar& value) {
  const Family family = FamilyOf(type);
  switch (family) {
    case Family::kInteger:
      return AsInteger(value);
    case Family::kDecimal:
      return AsDecimal(type, value);
    case Family::kFloat: {
      const auto number = ExactDouble(value);
      return number ? std::optional(Number(*number)) : std::nullopt;
    }
    default:
      break;
  }
  if (FamilyOf(*value.type) != family) return std::nullopt;
  switch (family) {
    case Family::kBool:
      return Steps(As<arrow::BooleanScalar>(value).value ? 1 : 0);
    case Family::kString:
    case Family::kBinary:
      return Bytes(As<arrow::BaseBinaryScalar>(value).view());
    case Family::kNaiveTime:
    case Family::kZonedTime:
      return Divided(Nanoseconds(value), NanosecondsPerStep(type));
    default:
      return std::nullopt;
  }
}

std::optional<int> Order(const OrderedValue& a, const OrderedValue& b) {
  switch (a.kind) {
    case OrderedValue::Kind::kFloat:
      return OrderFloats(a.number, b.number);
    case OrderedValue::Kind::kBytes:
      return a.bytes < b.bytes ? -1 : (b.bytes < a.bytes ? 1 : 0);
    case OrderedValue::Kind::kSteps:
      break;
  }
  if (a.steps != b.steps) return a.steps < b.steps ? -1 : 1;
  if (a.exact && b.exact) return 0;
  if (a.exact != b.exact) return a.exact ? -1 : 1;
  return std::nullopt;  // both between the same two steps
}

std::optional<int> Order(const Scalar& a, const Scalar& b) {
  const auto left = InTermsOf(*a.type, a);
  const auto right = InTermsOf(*a.type, b);
  return left && right ? Order(*left, *right) : std::nullopt;
}

}  // namespace pixlake::table
