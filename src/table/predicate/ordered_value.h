// Values in a column's own terms, so that literals, bounds and rows compare without loss.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <arrow/type_fwd.h>

namespace pixlake::table {

__extension__ using Int128 = __int128;

// A value on the line of a column's values. Whole numbers, decimals, dates, times and truth
// values are counted in the column's own steps (of its scale, its unit); what lies between
// two steps is the lower one and not exact. Borrows the bytes of texts.
struct OrderedValue {
  enum class Kind { kSteps, kFloat, kBytes };

  Kind kind = Kind::kSteps;
  Int128 steps = 0;
  bool exact = true;
  double number = 0;
  std::string_view bytes;
};

// `value`, a non-null scalar of any type, beside a column of `type`. nullopt where engines do
// not agree how the two compare, or only with a loss: texts beside numbers, times of a zone
// beside others, decimals that are no double beside doubles, decimals beyond 38 digits.
std::optional<OrderedValue> InTermsOf(const arrow::DataType& type, const arrow::Scalar& value);

// Whether a 32-bit float is just that number; a FLOAT is compared with no others.
bool IsFloat32(double number);

// Below 0, 0, above 0, floats ordered as Comparison says; nullopt when it cannot be told.
// Both are in terms of one type.
std::optional<int> Order(const OrderedValue& a, const OrderedValue& b);

// The same of scalars in terms of the first one's type.
std::optional<int> Order(const arrow::Scalar& a, const arrow::Scalar& b);

// The whole order of floats.
inline int OrderFloats(double a, double b) {
  const bool a_nan = a != a, b_nan = b != b;
  if (a_nan || b_nan) return (a_nan ? 1 : 0) - (b_nan ? 1 : 0);
  return a < b ? -1 : (b < a ? 1 : 0);
}

// How many nanoseconds a step of a date or timestamp type is; 0 for other types.
int64_t NanosecondsPerStep(const arrow::DataType& type);

}  // namespace pixlake::table
