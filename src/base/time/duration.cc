#include "base/time/duration.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace pixlake {
namespace {

struct DurationUnit {
  std::string_view name;
  int64_t millis;
};

// From the largest to the smallest, as they follow one another in a text.
constexpr DurationUnit kDurationUnits[] = {{"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
                                           {"m", 60'000},      {"s", 1000},       {"ms", 1}};

}  // namespace

Result<int64_t> ParseDuration(std::string_view text) {
  const auto fail = [&] {
    return Error(ErrorCode::kUsage,
                 fmt::format("'{}' is not a span of time; expected for instance 90s, 24h or 7d", text));
  };
  int64_t total = 0;
  size_t next_unit = 0;  // each unit once, in order
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at == end) return fail();
  while (at != end) {
    uint64_t number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return fail();
    const char* unit_end = after;
    while (unit_end != end && *unit_end >= 'a' && *unit_end <= 'z') ++unit_end;
    const std::string_view name(after, static_cast<size_t>(unit_end - after));
    while (next_unit < std::size(kDurationUnits) && kDurationUnits[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(kDurationUnits)) return fail();
    const int64_t millis = kDurationUnits[next_unit++].millis;
    const auto left = static_cast<uint64_t>(std::numeric_limits<int64_t>::max() - total);
    if (number > left / static_cast<uint64_t>(millis)) return fail();
    total += static_cast<int64_t>(number) * millis;
    at = unit_end;
  }
  return total;
}

std::string FormatDuration(int64_t millis) {
  if (millis == 0) return "0s";
  for (const DurationUnit& unit : kDurationUnits) {
    if (unit.name != "w" && millis % unit.millis == 0)
      return fmt::format("{}{}", millis / unit.millis, unit.name);
  }
  return fmt::format("{}ms", millis);
}

}  // namespace pixlake
