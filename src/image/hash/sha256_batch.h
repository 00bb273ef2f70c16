// SHA-256 of many contents at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pixlake::image {

using Sha256Digest = std::array<uint8_t, 32>;

// The digest of each of `contents`, in order. Uses whatever was measured fastest: 16
// contents side by side in SIMD lanes (AVX-512), else the CPU's SHA instructions
// through OpenSSL, else 8 lanes (AVX2), else OpenSSL. Lanes are refilled as contents
// end, so lengths may differ; a content much longer than the rest, and batches too
// small for lanes, go to OpenSSL. One thread; thread-safe.
std::vector<Sha256Digest> Sha256Many(std::span<const std::span<const uint8_t>> contents);

// "openssl", "lanes-8", "lanes-16": what Sha256Many uses here.
std::string_view Sha256Method();

// 64 lower-case hex digits.
std::string ToHex(const Sha256Digest& digest);

// Of 64 hex digits of either case; nullopt for any other text.
std::optional<Sha256Digest> FromHex(std::string_view text);

}  // namespace pixlake::image
