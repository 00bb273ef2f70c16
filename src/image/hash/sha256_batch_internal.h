// The ways of hashing many contents, for tests and benchmarks to choose from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image/hash/sha256_batch.h"

namespace pixlake::image {

enum class Sha256Way { kOpenSsl, kLanes8, kLanes16 };

// Whether this CPU can.
bool CanHash(Sha256Way way);

// Sha256Many by one way, which this CPU must have.
std::vector<Sha256Digest> Sha256ManyBy(Sha256Way way, std::span<const std::span<const uint8_t>> contents);

constexpr size_t kMostLanes = 16;
constexpr size_t kSha256Block = 64;

// FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of
// the first 64 primes.
extern const uint32_t kSha256Constants[64];

// Compresses `count` consecutive blocks of each lane into its hash value. state[i][lane]
// is word i of the lane's; blocks[lane] are its bytes. 8 or 16 lanes are looked at.
using CompressLanes = void (*)(uint32_t (*state)[kMostLanes], const uint8_t* const* blocks, size_t count);

// For AVX2, and for AVX-512 F and BW. Nothing without these on other processors.
void CompressLanes8(uint32_t (*state)[kMostLanes], const uint8_t* const* blocks, size_t count);
void CompressLanes16(uint32_t (*state)[kMostLanes], const uint8_t* const* blocks, size_t count);

}  // namespace pixlake::image
