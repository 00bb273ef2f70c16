#include <charconv>

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include "delta/stats/value_text_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kMaxYear = 290'000;  // what microseconds in 64 bits can hold

// A text that is eaten from the front.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }

  bool Eat(char c) {
    if (text_.empty() || text_.front() != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  // At least `least` and at most `most` digits.
  std::optional<int64_t> Digits(size_t least, size_t most) {
    size_t count = 0;
    int64_t value = 0;
    while (count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
      value = value * 10 + (text_[count] - '0');
      ++count;
    }
    if (count < least) {
      return std::nullopt;
    }
    text_.remove_prefix(count);
    return value;
  }

  // ".123456" as microseconds; digits beyond the sixth are dropped.
  std::optional<int64_t> Fraction() {
    int64_t micros = 0;
    int64_t unit = kMicrosPerSecond / 10;
    size_t count = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      micros += (text_.front() - '0') * unit;
      unit /= 10;
      text_.remove_prefix(1);
      ++count;
    }
    return count == 0 ? std::nullopt : std::optional(micros);
  }

 private:
  std::string_view text_;
};

bool IsLeap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar.
std::optional<int64_t> DaysOf(int64_t year, int64_t month, int64_t day) {
  constexpr int64_t kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < -kMaxYear || year > kMaxYear || month < 1 || month > 12 || day < 1 ||
      day > kMonthDays[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0)) {
    return std::nullopt;
  }
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<int64_t> EatDate(TextCursor* cursor) {
  const bool negative = cursor->Eat('-');
  if (!negative) {
    cursor->Eat('+');
  }
  const std::optional<int64_t> year = cursor->Digits(4, 6);
  if (!year || !cursor->Eat('-')) {
    return std::nullopt;
  }
  const std::optional<int64_t> month = cursor->Digits(1, 2);
  if (!month || !cursor->Eat('-')) {
    return std::nullopt;
  }
  const std::optional<int64_t> day = cursor->Digits(1, 2);
  return day ? DaysOf(negative ? -*year : *year, *month, *day) : std::nullopt;
}

// "Z", "+01:00", "-0130" or nothing, in microseconds to subtract.
std::optional<int64_t> EatOffset(TextCursor* cursor) {
  if (cursor->done() || cursor->Eat('Z')) {
    return 0;
  }
  const bool negative = cursor->Eat('-');
  if (!negative && !cursor->Eat('+')) {
    return std::nullopt;
  }
  const std::optional<int64_t> hours = cursor->Digits(2, 2);
  cursor->Eat(':');
  const std::optional<int64_t> minutes = cursor->done() ? std::optional<int64_t>(0) : cursor->Digits(2, 2);
  if (!hours || !minutes || *hours > 18 || *minutes > 59) {
    return std::nullopt;
  }
  const int64_t micros = (*hours * 60 + *minutes) * 60 * kMicrosPerSecond;
  return negative ? -micros : micros;
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

template <typename ScalarType, typename T>
std::shared_ptr<arrow::Scalar> NumberScalar(std::string_view text) {
  const std::optional<T> value = ParseNumber<T>(text);
  return value ? std::make_shared<ScalarType>(*value) : nullptr;
}

std::shared_ptr<arrow::Scalar> DecimalScalar(std::string_view text,
                                             const std::shared_ptr<arrow::DataType>& type) {
  const auto& decimal = static_cast<const arrow::Decimal128Type&>(*type);
  arrow::Decimal128 value;
  int32_t precision = 0;
  int32_t scale = 0;
  if (!arrow::Decimal128::FromString(text, &value, &precision, &scale).ok()) {
    return nullptr;
  }
  const arrow::Result<arrow::Decimal128> rescaled = value.Rescale(scale, decimal.scale());
  if (!rescaled.ok() || !rescaled->FitsInPrecision(decimal.precision())) {
    return nullptr;
  }
  return std::make_shared<arrow::Decimal128Scalar>(*rescaled, type);
}

std::shared_ptr<arrow::Scalar> BooleanScalarOf(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower != "true" && lower != "false") {
    return nullptr;
  }
  return std::make_shared<arrow::BooleanScalar>(lower == "true");
}

// Null when the text is not of the type.
std::shared_ptr<arrow::Scalar> ScalarFromText(const std::string& text,
                                              const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::STRING:
      return std::make_shared<arrow::StringScalar>(text);
    case arrow::Type::BINARY:
      return std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString(text));
    case arrow::Type::INT8:
      return NumberScalar<arrow::Int8Scalar, int8_t>(text);
    case arrow::Type::INT16:
      return NumberScalar<arrow::Int16Scalar, int16_t>(text);
    case arrow::Type::INT32:
      return NumberScalar<arrow::Int32Scalar, int32_t>(text);
    case arrow::Type::INT64:
      return NumberScalar<arrow::Int64Scalar, int64_t>(text);
    case arrow::Type::FLOAT:
      return NumberScalar<arrow::FloatScalar, float>(text);
    case arrow::Type::DOUBLE:
      return NumberScalar<arrow::DoubleScalar, double>(text);
    case arrow::Type::BOOL:
      return BooleanScalarOf(text);
    case arrow::Type::DATE32: {
      const std::optional<int32_t> days = ParseDays(text);
      return days ? std::make_shared<arrow::Date32Scalar>(*days) : nullptr;
    }
    case arrow::Type::TIMESTAMP: {
      const std::optional<int64_t> micros = ParseMicros(text);
      return micros ? std::make_shared<arrow::TimestampScalar>(*micros, type) : nullptr;
    }
    case arrow::Type::DECIMAL128:
      return DecimalScalar(text, type);
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<int32_t> ParseDays(std::string_view text) {
  TextCursor cursor(text);
  const std::optional<int64_t> days = EatDate(&cursor);
  return days && cursor.done() ? std::optional(static_cast<int32_t>(*days)) : std::nullopt;
}

std::optional<int64_t> ParseMicros(std::string_view text) {
  TextCursor cursor(text);
  const std::optional<int64_t> days = EatDate(&cursor);
  if (!days) {
    return std::nullopt;
  }
  int64_t micros = *days * kMicrosPerDay;
  if (cursor.done()) {
    return micros;
  }
  if (!cursor.Eat('T') && !cursor.Eat(' ')) {
    return std::nullopt;
  }
  const std::optional<int64_t> hour = cursor.Digits(1, 2);
  const bool first = cursor.Eat(':');
  const std::optional<int64_t> minute = cursor.Digits(1, 2);
  if (!hour || !first || !minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  micros += (*hour * 60 + *minute) * 60 * kMicrosPerSecond;
  if (cursor.Eat(':')) {
    const std::optional<int64_t> second = cursor.Digits(1, 2);
    const std::optional<int64_t> fraction = cursor.Eat('.') ? cursor.Fraction() : std::optional<int64_t>(0);
    if (!second || !fraction || *second > 59) {
      return std::nullopt;
    }
    micros += *second * kMicrosPerSecond + *fraction;
  }
  const std::optional<int64_t> offset = EatOffset(&cursor);
  return offset && cursor.done() ? std::optional(micros - *offset) : std::nullopt;
}

Result<std::shared_ptr<arrow::Scalar>> ParsePartitionValue(const std::optional<std::string>& text,
                                                           const std::shared_ptr<arrow::DataType>& type) {
  if (!text || text->empty() || type->id() == arrow::Type::NA) {
    return arrow::MakeNullScalar(type);
  }
  std::shared_ptr<arrow::Scalar> scalar = ScalarFromText(*text, type);
  if (scalar == nullptr) {
    return Error(ErrorCode::kCorrupt, fmt::format("partition value `{}` does not fit the column's type {}",
                                                  *text, type->ToString()));
  }
  return scalar;
}

}  // namespace pixlake::delta
