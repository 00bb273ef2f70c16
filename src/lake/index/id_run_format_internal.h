// The fixed parts of a run's file.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include <isa-l/crc.h>

namespace pixlake::lake {

constexpr int64_t kIdRunHeaderBytes = 4096;
// The seventh byte is the format's version, '1' today.
constexpr std::array<char, 8> kIdRunMagic = {'P', 'X', 'L', 'I', 'D', 'S', '1', '\n'};
constexpr size_t kIdRunVersionAt = 6;

struct IdRunFooter {
  uint64_t num_entries = 0;
  uint64_t num_blocks = 0;
  uint64_t index_bytes = 0;
  uint32_t block_bytes = 0;
  uint32_t index_crc = 0;
  std::array<uint8_t, 20> zeros = {};
  uint32_t crc = 0;  // of all before it
  std::array<char, 8> magic = kIdRunMagic;
};
static_assert(sizeof(IdRunFooter) == 64);

// The checksum of a run's parts.
inline uint32_t Crc(const void* bytes, size_t size) {
  return ::crc32_gzip_refl(0, static_cast<const unsigned char*>(bytes), size);
}

// Half of an id's bytes as the number that runs are sorted by.
inline uint64_t BigEndian64(const uint8_t* bytes) {
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace pixlake::lake
