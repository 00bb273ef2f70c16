#include "base/clock.h"

#include <chrono>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

namespace pixlake {
namespace {

std::tm BreakDown(int64_t millis, int* ms) {
  int64_t seconds = millis / 1000;
  *ms = static_cast<int>(millis % 1000);
  if (*ms < 0) {
    *ms += 1000;
    --seconds;
  }
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

// Reads exactly `digits` digits at *text and advances.
bool TakeDigits(std::string_view* text, size_t digits, int* value) {
  if (text->size() < digits) return false;
  *value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return false;
    *value = *value * 10 + (c - '0');
  }
  text->remove_prefix(digits);
  return true;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

}  // namespace

int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string FormatTimestamp(int64_t millis) {
  int ms = 0;
  const std::tm t = BreakDown(millis, &ms);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                     t.tm_hour, t.tm_min, t.tm_sec, ms);
}

std::string FormatInstant(int64_t millis) {
  int ms = 0;
  const std::tm t = BreakDown(millis, &ms);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}{:03}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                     t.tm_hour, t.tm_min, t.tm_sec, ms);
}

Result<int64_t> ParseTimestamp(std::string_view text) {
  const std::string original(text);
  const auto fail = [&] {
    return Error(ErrorCode::kUsage,
                 "'" + original + "' is not a time; expected 2026-11-21 or 2026-11-21T03:15:26Z");
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t ms = 0;
  if (!TakeDigits(&text, 4, &year) || !Take(&text, '-') || !TakeDigits(&text, 2, &month) ||
      !Take(&text, '-') || !TakeDigits(&text, 2, &day)) {
    return fail();
  }
  int offset_minutes = 0;
  if (!text.empty()) {
    if (!Take(&text, 'T') && !Take(&text, ' ')) return fail();
    if (!TakeDigits(&text, 2, &hour) || !Take(&text, ':') || !TakeDigits(&text, 2, &minute)) return fail();
    if (Take(&text, ':') && !TakeDigits(&text, 2, &second)) return fail();
    if (Take(&text, '.')) {
      int digit = 0, count = 0;
      for (; TakeDigits(&text, 1, &digit); ++count) {
        if (count < 3) ms = ms * 10 + digit;
      }
      if (count == 0) return fail();
      for (; count < 3; ++count) ms *= 10;
    }
    if (!Take(&text, 'Z') && !text.empty()) {
      const int sign = text.front() == '-' ? -1 : 1;
      if (!Take(&text, '+') && !Take(&text, '-')) return fail();
      int zone_hours = 0, zone_minutes = 0;
      if (!TakeDigits(&text, 2, &zone_hours)) return fail();
      Take(&text, ':');
      if (!text.empty() && !TakeDigits(&text, 2, &zone_minutes)) return fail();
      offset_minutes = sign * (zone_hours * 60 + zone_minutes);
    }
    if (!text.empty()) return fail();
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 24 || minute > 59 || second > 60) return fail();
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60000 + second * 1000 + ms;
}

}  // namespace pixlake
