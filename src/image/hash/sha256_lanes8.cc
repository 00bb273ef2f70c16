// SHA-256 of 8 contents side by side with AVX2.
#include "image/hash/sha256_batch_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SIMD_TARGET __attribute__((target("avx2")))
#define SIMD_INLINE SIMD_TARGET __attribute__((always_inline)) inline

namespace pixlake::image {
namespace {

using Word = __m256i;  // one 32-bit word of each lane

SIMD_INLINE Word Add(Word a, Word b) {
  return _mm256_add_epi32(a, b);
}
SIMD_INLINE Word Xor(Word a, Word b) {
  return _mm256_xor_si256(a, b);
}
SIMD_INLINE Word Choose(Word x, Word y, Word z) {
  return _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)));
}
SIMD_INLINE Word Majority(Word x, Word y, Word z) {
  return _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)));
}
template <int kBits>
SIMD_INLINE Word RotateRight(Word a) {
  return _mm256_or_si256(_mm256_srli_epi32(a, kBits), _mm256_slli_epi32(a, 32 - kBits));
}
template <int kBits>
SIMD_INLINE Word ShiftRight(Word a) {
  return _mm256_srli_epi32(a, kBits);
}
SIMD_INLINE Word Same(uint32_t value) {
  return _mm256_set1_epi32(static_cast<int>(value));
}
SIMD_INLINE Word Load(const uint32_t* lanes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes));
}
SIMD_INLINE void Store(uint32_t* lanes, Word word) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), word);
}

// Words 0 to 7 of what every lane has at `offset`, big-endian: a transposition of 8x8.
SIMD_INLINE void LoadHalfBlocks(const uint8_t* const* blocks, size_t offset, Word* w) {
  const __m256i swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203));
  Word r[8], s[8];
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; ++i) {
    r[i] = _mm256_shuffle_epi8(Load(reinterpret_cast<const uint32_t*>(blocks[i] + offset)), swap);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < 8; i += 2) {
    s[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    s[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (size_t i = 0; i < 8; i += 4) {
    r[i] = _mm256_unpacklo_epi64(s[i], s[i + 2]);
    r[i + 1] = _mm256_unpackhi_epi64(s[i], s[i + 2]);
    r[i + 2] = _mm256_unpacklo_epi64(s[i + 1], s[i + 3]);
    r[i + 3] = _mm256_unpackhi_epi64(s[i + 1], s[i + 3]);
  }
#pragma GCC unroll 4
  for (size_t c = 0; c < 4; ++c) {
    w[c] = _mm256_permute2x128_si256(r[c], r[4 + c], 0x20);
    w[4 + c] = _mm256_permute2x128_si256(r[c], r[4 + c], 0x31);
  }
}

SIMD_INLINE void LoadBlocks(const uint8_t* const* blocks, size_t offset, Word (&w)[16]) {
  LoadHalfBlocks(blocks, offset, w);
  LoadHalfBlocks(blocks, offset + kSha256Block / 2, w + 8);
}

#include "image/hash/sha256_rounds.inc"

}  // namespace

SIMD_TARGET void CompressLanes8(uint32_t (*state)[kMostLanes], const uint8_t* const* blocks, size_t count) {
  CompressAll(state, blocks, count);
}

}  // namespace pixlake::image
#else
namespace pixlake::image {
void CompressLanes8(uint32_t (*)[kMostLanes], const uint8_t* const*, size_t) {}
}  // namespace pixlake::image
#endif
