// SHA-256 of 16 contents side by side with AVX-512.
#include "image/hash/sha256_batch_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SIMD_TARGET __attribute__((target("avx512f,avx512bw")))
#define SIMD_INLINE SIMD_TARGET __attribute__((always_inline)) inline

namespace pixlake::image {
namespace {

using Word = __m512i;  // one 32-bit word of each lane

SIMD_INLINE Word Add(Word a, Word b) {
  return _mm512_add_epi32(a, b);
}
SIMD_INLINE Word Xor(Word a, Word b) {
  return _mm512_xor_si512(a, b);
}
// The immediates are the truth tables of the functions of (x, y, z).
SIMD_INLINE Word Choose(Word x, Word y, Word z) {
  return _mm512_ternarylogic_epi32(x, y, z, 0xCA);
}
SIMD_INLINE Word Majority(Word x, Word y, Word z) {
  return _mm512_ternarylogic_epi32(x, y, z, 0xE8);
}
template <int kBits>
SIMD_INLINE Word RotateRight(Word a) {
  return _mm512_ror_epi32(a, kBits);
}
template <int kBits>
SIMD_INLINE Word ShiftRight(Word a) {
  return _mm512_srli_epi32(a, kBits);
}
SIMD_INLINE Word Same(uint32_t value) {
  return _mm512_set1_epi32(static_cast<int>(value));
}
SIMD_INLINE Word Load(const uint32_t* lanes) {
  return _mm512_loadu_si512(lanes);
}
SIMD_INLINE void Store(uint32_t* lanes, Word word) {
  _mm512_storeu_si512(lanes, word);
}

// Word t of every lane's block, big-endian, into w[t]: a transposition of 16x16.
SIMD_INLINE void LoadBlocks(const uint8_t* const* blocks, size_t offset, Word (&w)[16]) {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203));
  Word r[16], s[16];
#pragma GCC unroll 16
  for (size_t i = 0; i < 16; ++i) r[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[i] + offset), swap);
#pragma GCC unroll 8
  for (size_t i = 0; i < 16; i += 2) {
    s[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    s[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(s[i], s[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(s[i], s[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(s[i + 1], s[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(s[i + 1], s[i + 3]);
  }
  // r[4 q + c] has, in its 128-bit part p, word 4 p + c of lanes 4 q to 4 q + 3.
#pragma GCC unroll 4
  for (size_t c = 0; c < 4; ++c) {
    s[c] = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x88);
    s[4 + c] = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xDD);
    s[8 + c] = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x88);
    s[12 + c] = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xDD);
  }
#pragma GCC unroll 4
  for (size_t c = 0; c < 4; ++c) {
    w[c] = _mm512_shuffle_i32x4(s[c], s[8 + c], 0x88);
    w[8 + c] = _mm512_shuffle_i32x4(s[c], s[8 + c], 0xDD);
    w[4 + c] = _mm512_shuffle_i32x4(s[4 + c], s[12 + c], 0x88);
    w[12 + c] = _mm512_shuffle_i32x4(s[4 + c], s[12 + c], 0xDD);
  }
}

#include "image/hash/sha256_rounds.inc"

}  // namespace

SIMD_TARGET void CompressLanes16(uint32_t (*state)[kMostLanes], const uint8_t* const* blocks, size_t count) {
  CompressAll(state, blocks, count);
}

}  // namespace pixlake::image
#else
namespace pixlake::image {
void CompressLanes16(uint32_t (*)[kMostLanes], const uint8_t* const*, size_t) {}
}  // namespace pixlake::image
#endif
