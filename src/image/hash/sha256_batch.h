// SHA-256 of many contents at once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pixlake::image {

using Sha256Digest = std::array<uint8_t, 32>;

// The digest of each of `contents`, in order. Uses whatever is fastest on this CPU:
// its SHA instructions one content after another, else 16 (AVX-512) or 8 (AVX2)
// contents side by side in SIMD lanes, else OpenSSL. Lanes are refilled as contents
// end, so lengths may differ. One thread; thread-safe.
std::vector<Sha256Digest> Sha256Many(std::span<const std::span<const uint8_t>> contents);

// "openssl", "lanes-8", "lanes-16": what Sha256Many uses here.
std::string_view Sha256Method();

std::string ToHex(const Sha256Digest& digest);

}  // namespace pixlake::image
