#include "table/partition/partition_text.h"

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/string.h>
#include <arrow/util/utf8.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

// Days since the epoch as a date of the proleptic Gregorian calendar.
std::string DateText(int64_t days) {
  const int64_t shifted = days + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

std::string TimestampText(const arrow::TimestampScalar& value) {
  const auto& type = static_cast<const arrow::TimestampType&>(*value.type);
  constexpr int64_t kDay = int64_t{86400} * 1000000;
  const int64_t micros = value.value;
  const int64_t days = micros >= 0 ? micros / kDay : (micros - kDay + 1) / kDay;
  const int64_t rest = micros - days * kDay;
  const bool zoned = !type.timezone().empty();
  return fmt::format("{}{}{:02}:{:02}:{:02}.{:06}{}", DateText(days), zoned ? 'T' : ' ', rest / 3600000000,
                     rest / 60000000 % 60, rest / 1000000 % 60, rest % 1000000, zoned ? "Z" : "");
}

std::optional<std::string> NullIfEmpty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

// PROTOCOL.md, "Partition Value Serialization".
Result<std::optional<std::string>> PartitionTextOf(const arrow::Scalar& value) {
  if (!value.is_valid) return std::nullopt;
  switch (value.type->id()) {
    case arrow::Type::BINARY:
      // A log is JSON: other bytes would be replaced in it and lost.
      arrow::util::InitializeUTF8();
      if (!arrow::util::ValidateUTF8(static_cast<const arrow::BinaryScalar&>(value).view())) {
        return Error(
            ErrorCode::kUnsupported,
            fmt::format("a table cannot keep the bytes X'{}' as a partition value: only text in UTF-8 "
                        "can be written in its log; partition by hex(…) of the column instead",
                        arrow::HexEncode(static_cast<const arrow::BinaryScalar&>(value).view())));
      }
      [[fallthrough]];
    case arrow::Type::STRING:
      return NullIfEmpty(static_cast<const arrow::BaseBinaryScalar&>(value).value->ToString());
    case arrow::Type::DATE32:
      return DateText(static_cast<const arrow::Date32Scalar&>(value).value);
    case arrow::Type::TIMESTAMP:
      if (static_cast<const arrow::TimestampType&>(*value.type).unit() != arrow::TimeUnit::MICRO) break;
      return TimestampText(static_cast<const arrow::TimestampScalar&>(value));
    case arrow::Type::FLOAT:
      return fmt::format("{}", static_cast<const arrow::FloatScalar&>(value).value);
    case arrow::Type::DOUBLE:
      return fmt::format("{}", static_cast<const arrow::DoubleScalar&>(value).value);
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::DECIMAL128:
      return value.ToString();
    default:
      break;
  }
  return Error(ErrorCode::kUnsupported, "a table cannot be partitioned by " + value.type->ToString());
}

}  // namespace pixlake::table
