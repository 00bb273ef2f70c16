// The chunks a PNG is made of. PNG Specification (Third Edition), 5.3 to 5.5.
#pragma once

#include <cstdint>

#include <isa-l/crc.h>

#include "image/header/header_internal.h"

namespace pixlake::image {

inline constexpr uint64_t kPngSignatureBytes = 8;
inline constexpr uint64_t kPngChunkOverhead = 12;  // length, type, CRC
// Encoders put 8 KiB and more in a chunk; what is over this only costs time.
inline constexpr int kMostPngChunks = 1 << 20;

constexpr uint32_t PngType(const char (&name)[5]) {
  return uint32_t{static_cast<uint8_t>(name[0])} << 24 | uint32_t{static_cast<uint8_t>(name[1])} << 16 |
         uint32_t{static_cast<uint8_t>(name[2])} << 8 | static_cast<uint8_t>(name[3]);
}

struct PngChunk {
  uint64_t position = 0;  // of its length field
  uint32_t length = 0;    // of its data
  uint32_t type = 0;

  uint64_t data() const { return position + 8; }
  uint64_t end() const { return position + kPngChunkOverhead + length; }
  // 5.4: bit 5 of the first byte is 0 in critical chunks.
  bool critical() const { return (type & 0x20000000) == 0; }
};

// 5.5, over type and data. The chunk must be whole.
inline bool PngCrcIsRight(const HostileBytes& bytes, const PngChunk& chunk) {
  const uint32_t crc = crc32_gzip_refl(0, bytes.data() + chunk.position + 4, 4 + uint64_t{chunk.length});
  return crc == bytes.Big32(chunk.data() + chunk.length);
}

}  // namespace pixlake::image
