// Dates and times as ISO 8601 text.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/type.h>

namespace pixlake::query {

// "2024-05-01" of days since the epoch; any year.
std::string FormatDate(int64_t days);

// "12:00:00.5" of units since midnight.
std::string FormatTimeOfDay(int64_t value, arrow::TimeUnit::type unit);

// "2024-05-01T12:00:00.5", with a Z when the type has a zone.
std::string FormatTimestamp(int64_t value, const arrow::TimestampType& type);

// "P1M2DT0.5S".
std::string FormatInterval(const arrow::MonthDayNanoIntervalType::MonthDayNanos& value);

}  // namespace pixlake::query
