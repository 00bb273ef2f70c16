// SHA-256, the content id.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake::image {

// Lower-case hex, 64 characters; what `sha256sum` prints.
std::string Sha256Hex(std::span<const uint8_t> bytes);
std::string Sha256Hex(std::string_view bytes);

// Lower-case hex MD5, 32 characters: only to compare with the checksums MNIST's
// publishers gave; never an id.
std::string Md5Hex(std::span<const uint8_t> bytes);

}  // namespace pixlake::image
