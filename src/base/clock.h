// Wall-clock time as the table logs and file names write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake {

// Milliseconds since 1970-01-01T00:00:00Z.
int64_t NowMillis();

// "2026-11-21T03:15:26.123Z".
std::string FormatTimestamp(int64_t millis);

// "20261121031526123", the instant in data file names (UTC, milliseconds).
std::string FormatInstant(int64_t millis);

// ISO 8601 date or date-time ("2026-11-21", "2026-11-21T03:15:26[.123][Z|+01:00]",
// a space instead of T); without a zone it is UTC. Milliseconds since the epoch.
Result<int64_t> ParseTimestamp(std::string_view text);

}  // namespace pixlake
