#include <cmath>
#include <limits>

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include "delta/stats/value_text_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::json;
namespace dom = simdjson::dom;

constexpr int64_t kMicrosPerMilli = 1000;
constexpr double kExactDecimal = 1e15;  // a double holds any decimal of fewer digits
constexpr uint32_t kLastCodePoint = 0x10FFFF;

bool IsUtf8(std::string_view text) {
  arrow::util::InitializeUTF8();
  return arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(text.data()),
                                   static_cast<int64_t>(text.size()));
}

std::vector<uint32_t> CodePoints(std::string_view text, int most) {
  std::vector<uint32_t> out;
  for (size_t i = 0; i < text.size() && static_cast<int>(out.size()) < most;) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (int k = 1; k < length; ++k) {
      point = point << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3FU);
    }
    out.push_back(point);
    i += length;
  }
  return out;
}

std::string ToUtf8(const std::vector<uint32_t>& points) {
  std::string out;
  for (const uint32_t p : points) {
    if (p < 0x80) {
      out += static_cast<char>(p);
    } else if (p < 0x800) {
      out += {static_cast<char>(0xC0 | p >> 6), static_cast<char>(0x80 | (p & 0x3F))};
    } else if (p < 0x10000) {
      out += {static_cast<char>(0xE0 | p >> 12), static_cast<char>(0x80 | (p >> 6 & 0x3F)),
              static_cast<char>(0x80 | (p & 0x3F))};
    } else {
      out += {static_cast<char>(0xF0 | p >> 18), static_cast<char>(0x80 | (p >> 12 & 0x3F)),
              static_cast<char>(0x80 | (p >> 6 & 0x3F)), static_cast<char>(0x80 | (p & 0x3F))};
    }
  }
  return out;
}

std::optional<json> TextToJson(std::string_view text, Rounding rounding) {
  if (!IsUtf8(text)) {
    return std::nullopt;
  }
  const std::vector<uint32_t> points = CodePoints(text, kStatsTextLength + 1);
  if (static_cast<int>(points.size()) <= kStatsTextLength) {
    return json(std::string(text));
  }
  if (rounding == Rounding::kUp) {
    std::optional<std::string> above = TextAbove(text, kStatsTextLength);
    return above ? std::optional<json>(*above) : std::nullopt;
  }
  return json(ToUtf8({points.begin(), points.begin() + kStatsTextLength}));
}

int64_t ToMicros(const arrow::TimestampScalar& scalar, Rounding rounding) {
  const int64_t value = scalar.value;
  switch (static_cast<const arrow::TimestampType&>(*scalar.type).unit()) {
    case arrow::TimeUnit::SECOND:
      return std::clamp<int64_t>(value, -(int64_t{1} << 42), int64_t{1} << 42) * 1'000'000;
    case arrow::TimeUnit::MILLI:
      return std::clamp<int64_t>(value, -(int64_t{1} << 52), int64_t{1} << 52) * kMicrosPerMilli;
    case arrow::TimeUnit::MICRO:
      return value;
    case arrow::TimeUnit::NANO:
      break;
  }
  const int64_t floor = value / 1000 - (value % 1000 < 0 ? 1 : 0);
  return rounding == Rounding::kUp && value % 1000 != 0 ? floor + 1 : floor;
}

std::optional<std::string> FormatDays(int64_t days) {
  // Civil date from days, for the years 0 to 9999 that four digits can say.
  const int64_t z = days + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 1 || year > 9999) {
    return std::nullopt;
  }
  return fmt::format("{:04}-{:02}-{:02}", year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1);
}

std::optional<json> TimestampToJson(const arrow::TimestampScalar& scalar, Rounding rounding) {
  const int64_t micros = ToMicros(scalar, rounding);
  int64_t millis = micros / kMicrosPerMilli - (micros % kMicrosPerMilli < 0 ? 1 : 0);
  if (rounding == Rounding::kUp && micros % kMicrosPerMilli != 0) {
    ++millis;
  }
  const int64_t days = millis / 86'400'000 - (millis % 86'400'000 < 0 ? 1 : 0);
  const int64_t in_day = millis - days * 86'400'000;
  const std::optional<std::string> date = FormatDays(days);
  if (!date) {
    return std::nullopt;
  }
  const bool zoned = !static_cast<const arrow::TimestampType&>(*scalar.type).timezone().empty();
  return json(fmt::format("{}T{:02}:{:02}:{:02}.{:03}{}", *date, in_day / 3'600'000, in_day / 60'000 % 60,
                          in_day / 1000 % 60, in_day % 1000, zoned ? "Z" : ""));
}

std::optional<json> DecimalToJson(const arrow::Decimal128Scalar& scalar) {
  const int32_t scale = static_cast<const arrow::Decimal128Type&>(*scalar.type).scale();
  const double value = scalar.value.ToDouble(scale);
  if (std::abs(scalar.value.ToDouble(0)) >= kExactDecimal) {
    return std::nullopt;
  }
  return json(value);
}

std::optional<json> FloatToJson(double value) {
  return std::isfinite(value) ? std::optional<json>(value) : std::nullopt;
}

// Integers only: a fraction means that somebody else's idea of the column differs.
template <typename ScalarType, typename T>
std::shared_ptr<arrow::Scalar> IntScalar(const dom::element& value) {
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS || number < std::numeric_limits<T>::min() ||
      number > std::numeric_limits<T>::max()) {
    return nullptr;
  }
  return std::make_shared<ScalarType>(static_cast<T>(number));
}

std::shared_ptr<arrow::Scalar> DecimalFromJson(const dom::element& value,
                                               const std::shared_ptr<arrow::DataType>& type) {
  const auto& decimal = static_cast<const arrow::Decimal128Type&>(*type);
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) {
    return nullptr;
  }
  const double unscaled = number * std::pow(10.0, decimal.scale());
  if (!(std::abs(unscaled) < kExactDecimal)) {
    return nullptr;
  }
  const arrow::Decimal128 exact(static_cast<int64_t>(std::llround(unscaled)));
  return exact.FitsInPrecision(decimal.precision()) ? std::make_shared<arrow::Decimal128Scalar>(exact, type)
                                                    : nullptr;
}

std::shared_ptr<arrow::Scalar> TextFromJson(std::string_view text, bool is_max) {
  if (!is_max || static_cast<int>(CodePoints(text, kStatsTextLength).size()) < kStatsTextLength) {
    return std::make_shared<arrow::StringScalar>(std::string(text));
  }
  // It may have been cut off without being rounded up.
  std::optional<std::string> above = TextAbove(text, kStatsTextLength);
  return above ? std::make_shared<arrow::StringScalar>(*std::move(above)) : nullptr;
}

std::shared_ptr<arrow::Scalar> TimestampFromText(std::string_view text,
                                                 const std::shared_ptr<arrow::DataType>& type, bool is_max) {
  const std::optional<int64_t> micros = ParseMicros(text);
  if (!micros) {
    return nullptr;
  }
  return std::make_shared<arrow::TimestampScalar>(*micros + (is_max ? kMicrosPerMilli : 0), type);
}

}  // namespace

std::optional<std::string> TextAbove(std::string_view text, int max_code_points) {
  if (!IsUtf8(text)) {
    return std::nullopt;
  }
  std::vector<uint32_t> points = CodePoints(text, max_code_points);
  while (!points.empty() && points.back() == kLastCodePoint) {
    points.pop_back();
  }
  if (points.empty()) {
    return std::nullopt;
  }
  points.back() = points.back() == 0xD7FF ? 0xE000 : points.back() + 1;  // surrogates are no characters
  return ToUtf8(points);
}

std::optional<json> ScalarToStatsJson(const arrow::Scalar& scalar, Rounding rounding) {
  if (!scalar.is_valid) {
    return std::nullopt;
  }
  switch (scalar.type->id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return TextToJson(static_cast<const arrow::BaseBinaryScalar&>(scalar).view(), rounding);
    case arrow::Type::INT8:
      return json(static_cast<const arrow::Int8Scalar&>(scalar).value);
    case arrow::Type::INT16:
      return json(static_cast<const arrow::Int16Scalar&>(scalar).value);
    case arrow::Type::INT32:
      return json(static_cast<const arrow::Int32Scalar&>(scalar).value);
    case arrow::Type::INT64:
      return json(static_cast<const arrow::Int64Scalar&>(scalar).value);
    case arrow::Type::FLOAT:
      return FloatToJson(static_cast<const arrow::FloatScalar&>(scalar).value);
    case arrow::Type::DOUBLE:
      return FloatToJson(static_cast<const arrow::DoubleScalar&>(scalar).value);
    case arrow::Type::BOOL:
      return json(static_cast<const arrow::BooleanScalar&>(scalar).value);
    case arrow::Type::DATE32: {
      const std::optional<std::string> text =
          FormatDays(static_cast<const arrow::Date32Scalar&>(scalar).value);
      return text ? std::optional<json>(*text) : std::nullopt;
    }
    case arrow::Type::TIMESTAMP:
      return TimestampToJson(static_cast<const arrow::TimestampScalar&>(scalar), rounding);
    case arrow::Type::DECIMAL128:
      return DecimalToJson(static_cast<const arrow::Decimal128Scalar&>(scalar));
    default:
      return std::nullopt;
  }
}

std::shared_ptr<arrow::Scalar> StatsJsonToScalar(const dom::element& value,
                                                 const std::shared_ptr<arrow::DataType>& type, bool is_max) {
  std::string_view text;
  const bool is_text = value.get_string().get(text) == simdjson::SUCCESS;
  double number = 0;
  switch (type->id()) {
    case arrow::Type::STRING:
      return is_text ? TextFromJson(text, is_max) : nullptr;
    case arrow::Type::INT8:
      return IntScalar<arrow::Int8Scalar, int8_t>(value);
    case arrow::Type::INT16:
      return IntScalar<arrow::Int16Scalar, int16_t>(value);
    case arrow::Type::INT32:
      return IntScalar<arrow::Int32Scalar, int32_t>(value);
    case arrow::Type::INT64:
      return IntScalar<arrow::Int64Scalar, int64_t>(value);
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      // In double, whatever the column: a float would be rounded inward.
      return value.get_double().get(number) == simdjson::SUCCESS && std::isfinite(number)
                 ? std::make_shared<arrow::DoubleScalar>(number)
                 : nullptr;
    case arrow::Type::BOOL: {
      bool flag = false;
      return value.get_bool().get(flag) == simdjson::SUCCESS ? std::make_shared<arrow::BooleanScalar>(flag)
                                                             : nullptr;
    }
    case arrow::Type::DATE32: {
      const std::optional<int32_t> days = is_text ? ParseDays(text) : std::nullopt;
      return days ? std::make_shared<arrow::Date32Scalar>(*days) : nullptr;
    }
    case arrow::Type::TIMESTAMP:
      return is_text ? TimestampFromText(text, type, is_max) : nullptr;
    case arrow::Type::DECIMAL128:
      return DecimalFromJson(value, type);
    default:
      return nullptr;
  }
}

}  // namespace pixlake::delta
