// Random identifiers.
#pragma once

#include <string>

namespace pixlake {

// A version 4 UUID (RFC 9562) from the kernel's random numbers, lower case,
// with hyphens: 36 characters. Thread-safe.
std::string NewUuid();

}  // namespace pixlake
