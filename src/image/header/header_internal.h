// What the header parsers share: bytes read within bounds, and one function a format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "image/header/image_header.h"

namespace pixlake::image {

// Bytes of which nothing is trusted. Offsets are 64 bits wide, so that sums of a
// 32-bit field and a position cannot overflow; `Has` comes before every read.
class HostileBytes {
 public:
  explicit HostileBytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t size() const { return bytes_.size(); }
  const uint8_t* data() const { return bytes_.data(); }
  bool Has(uint64_t offset, uint64_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }

  // The rest require Has(offset, size of what is read).
  uint8_t Byte(uint64_t offset) const { return bytes_[offset]; }
  uint16_t Big16(uint64_t offset) const {
    return static_cast<uint16_t>(bytes_[offset] << 8 | bytes_[offset + 1]);
  }
  uint32_t Big32(uint64_t offset) const { return uint32_t{Big16(offset)} << 16 | Big16(offset + 2); }
  uint64_t Big64(uint64_t offset) const { return uint64_t{Big32(offset)} << 32 | Big32(offset + 4); }
  uint16_t Little16(uint64_t offset) const {
    return static_cast<uint16_t>(bytes_[offset + 1] << 8 | bytes_[offset]);
  }
  uint32_t Little24(uint64_t offset) const {
    return uint32_t{Little16(offset)} | uint32_t{bytes_[offset + 2]} << 16;
  }
  uint32_t Little32(uint64_t offset) const { return uint32_t{Little16(offset + 2)} << 16 | Little16(offset); }
  uint64_t Little64(uint64_t offset) const { return uint64_t{Little32(offset + 4)} << 32 | Little32(offset); }

 private:
  std::span<const uint8_t> bytes_;
};

// The ways a parser ends. Truncation is always seen at the end of the file: the
// offset is the first byte that is missing.
inline Judgement CorruptAt(uint64_t offset, std::string message) {
  return {Verdict::kCorrupt, static_cast<int64_t>(offset), std::move(message)};
}
inline Judgement UnsupportedAt(uint64_t offset, std::string message) {
  return {Verdict::kUnsupported, static_cast<int64_t>(offset), std::move(message)};
}
inline Judgement TruncatedAt(const HostileBytes& bytes, std::string message) {
  return {Verdict::kTruncated, static_cast<int64_t>(bytes.size()), std::move(message)};
}

// Each is given bytes of its format (DetectFormat said so) and leaves sizes of zero
// and the pixel budget to ReadHeader. `header` is set as soon as it is known.
HeaderResult ReadJpegHeader(const HostileBytes& bytes);
HeaderResult ReadPngHeader(const HostileBytes& bytes);
HeaderResult ReadTiffHeader(const HostileBytes& bytes);
HeaderResult ReadGifHeader(const HostileBytes& bytes);
HeaderResult ReadBmpHeader(const HostileBytes& bytes);
HeaderResult ReadWebpHeader(const HostileBytes& bytes);
HeaderResult ReadHeifHeader(const HostileBytes& bytes);  // and AVIF

}  // namespace pixlake::image
