// "data:" URIs, which carry what they name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake::io {

struct DataUri {
  std::string media_type;  // without parameters; "text/plain" when it says none
  std::string bytes;
};

bool IsDataUri(std::string_view uri);

// RFC 2397: "data:[<media type>][;base64],<data>"; base64 in either alphabet, with white space
// and padding or without (RFC 4648, 3.2 and 5), its characters percent-encoded or not. kCorrupt
// for what is none, kOverBudget for more than `max_bytes`.
Result<DataUri> ParseDataUri(std::string_view uri, int64_t max_bytes);

}  // namespace pixlake::io
