// Sizes of memory and files as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake {

// "256MB", "1.5GiB", "4096", "64k": K, M, G, T with optional B or iB, any case.
// Every unit is binary (1 MB = 1 MiB = 1,048,576 bytes), as with `ulimit` or the JVM.
Result<int64_t> ParseByteSize(std::string_view text);

// "1.5 GiB", "831 B".
std::string FormatByteSize(int64_t bytes);

}  // namespace pixlake
