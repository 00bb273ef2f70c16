// Spans of time as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake {

// "24h", "7d", "90s", "15m", "250ms", "2w", "1h30m": milliseconds. A number alone is refused: nobody
// knows whether it is seconds or days. kUsage.
Result<int64_t> ParseDuration(std::string_view text);

// The shortest that ParseDuration reads back: "7d", "36h", "1h30m" is "90m"; 0 is "0s".
std::string FormatDuration(int64_t millis);

}  // namespace pixlake
