#include <fmt/format.h>

#include "query/result/time_text_internal.h"

namespace pixlake::query {
namespace {

struct CivilDate {
  int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

// Proleptic Gregorian date of a day since 1970-01-01; any year.
CivilDate ToCivil(int64_t days) {
  const int64_t shifted = days + 719468;  // since 0000-03-01
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  date.year = static_cast<int64_t>(year_of_era) + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int64_t UnitsPerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1000;
    case arrow::TimeUnit::MICRO:
      return 1000000;
    case arrow::TimeUnit::NANO:
      return 1000000000;
  }
  return 1;
}

}  // namespace

std::string FormatDate(int64_t days) {
  // DuckDB's infinite dates are the ends of the range.
  if (days == INT32_MAX) return "infinity";
  if (days == -INT32_MAX) return "-infinity";
  const CivilDate date = ToCivil(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string FormatTimeOfDay(int64_t value, arrow::TimeUnit::type unit) {
  const int64_t per_second = UnitsPerSecond(unit);
  const int64_t seconds = value / per_second;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  int64_t fraction = value % per_second;
  if (fraction == 0) return text;
  auto digits = std::to_string(per_second + fraction).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

std::string FormatTimestamp(int64_t value, const arrow::TimestampType& type) {
  if (value == INT64_MAX) return "infinity";
  if (value == -INT64_MAX) return "-infinity";
  const int64_t per_day = UnitsPerSecond(type.unit()) * 86400;
  const int64_t days = value / per_day - (value % per_day < 0 ? 1 : 0);
  return FormatDate(days) + "T" + FormatTimeOfDay(value - days * per_day, type.unit()) +
         (type.timezone().empty() ? "" : "Z");
}

std::string FormatInterval(const arrow::MonthDayNanoIntervalType::MonthDayNanos& value) {
  std::string text;
  const auto add = [&](int64_t count, std::string_view unit) {
    if (count == 0) return;
    text +=
        fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, unit, count == 1 || count == -1 ? "" : "s");
  };
  add(value.months / 12, "year");
  add(value.months % 12, "month");
  add(value.days, "day");
  if (value.nanoseconds == 0 && !text.empty()) return text;
  const bool negative = value.nanoseconds < 0;
  // Of the whole range: the least one has no positive twin.
  const uint64_t nanos =
      negative ? 0 - static_cast<uint64_t>(value.nanoseconds) : static_cast<uint64_t>(value.nanoseconds);
  const std::string time = FormatTimeOfDay(static_cast<int64_t>(nanos / 1000), arrow::TimeUnit::MICRO);
  return text + (text.empty() ? "" : " ") + (negative ? "-" : "") + time;
}

}  // namespace pixlake::query
