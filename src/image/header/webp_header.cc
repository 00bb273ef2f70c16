// RFC 9649 (WebP Image Format), RFC 6386 (VP8).
#include <fmt/format.h>

#include "image/header/header_internal.h"

namespace pixlake::image {
namespace {

// In front of the image: a profile, and what nobody knows.
constexpr int kMostChunks = 1 << 16;

constexpr uint32_t FourCc(const char (&name)[5]) {
  return uint32_t{static_cast<uint8_t>(name[3])} << 24 | uint32_t{static_cast<uint8_t>(name[2])} << 16 |
         uint32_t{static_cast<uint8_t>(name[1])} << 8 | static_cast<uint8_t>(name[0]);
}

// RFC 9649, 2.3: FourCC, size, payload, padding to an even size.
struct Chunk {
  uint64_t position = 0;
  uint32_t kind = 0;
  uint64_t size = 0;

  uint64_t data() const { return position + 8; }
  uint64_t end() const { return data() + size + (size & 1); }
};

// RFC 6386, 9.1 Uncompressed data chunk: of a key frame, 3 bytes of tag, a start
// code, 14 bits of width and of height with 2 bits of scale each.
std::optional<Judgement> ReadLossy(const HostileBytes& bytes, const Chunk& chunk, ImageHeader* header) {
  const uint64_t at = chunk.data();
  if (chunk.size < 10 || (bytes.Byte(at) & 1) != 0 || bytes.Little24(at + 3) != 0x2A019D) {
    return CorruptAt(at, "WebP: no VP8 key frame");
  }
  header->width = bytes.Little16(at + 6) & 0x3FFF;
  header->height = bytes.Little16(at + 8) & 0x3FFF;
  return std::nullopt;
}

// RFC 9649, 3.4 RIFF header of VP8L: 0x2F, 14 bits of width - 1, 14 of height - 1,
// a bit that says there is alpha, 3 bits of version 0.
std::optional<Judgement> ReadLossless(const HostileBytes& bytes, const Chunk& chunk, ImageHeader* header) {
  const uint64_t at = chunk.data();
  if (chunk.size < 5 || bytes.Byte(at) != 0x2F || bytes.Little32(at + 1) >> 29 != 0) {
    return CorruptAt(at, "WebP: no VP8L header");
  }
  const uint32_t fields = bytes.Little32(at + 1);
  header->width = (fields & 0x3FFF) + 1;
  header->height = (fields >> 14 & 0x3FFF) + 1;
  header->channels = (fields >> 28 & 1) != 0 ? 4 : 3;
  return std::nullopt;
}

// RFC 9649, 2.7 Extended file format: flags, 24 bits of width - 1, 24 of height - 1.
std::optional<Judgement> ReadExtended(const HostileBytes& bytes, const Chunk& chunk, ImageHeader* header) {
  const uint64_t at = chunk.data();
  if (chunk.size < 10) return CorruptAt(at, "WebP: VP8X without its fields");
  header->width = int64_t{bytes.Little24(at + 4)} + 1;
  header->height = int64_t{bytes.Little24(at + 7)} + 1;
  header->channels = (bytes.Byte(at) & 0x10) != 0 ? 4 : 3;
  return std::nullopt;
}

std::optional<Judgement> ReadChunk(const HostileBytes& bytes, uint64_t position, Chunk* chunk) {
  if (!bytes.Has(position, 8)) return TruncatedAt(bytes, "WebP: the file ends before an image chunk");
  *chunk = {position, bytes.Little32(position), bytes.Little32(position + 4)};
  if (!bytes.Has(position + 8, chunk->size)) {
    return TruncatedAt(bytes, fmt::format("WebP: a chunk at byte {} has {} bytes, the file ends before",
                                          position, chunk->size));
  }
  return std::nullopt;
}

}  // namespace

// RFC 9649, 2.4 WebP file header, then 2.5 VP8, 2.6 VP8L or 2.7 VP8X with the image
// chunks somewhere behind it. Bytes after the RIFF chunk are not looked at.
HeaderResult ReadWebpHeader(const HostileBytes& bytes) {
  const uint64_t riff_end = 8 + uint64_t{bytes.Little32(4)};
  ImageHeader header{ImageFormat::kWebp, 0, 0, 3, 8};
  Chunk chunk;
  auto cut_short = ReadChunk(bytes, 12, &chunk);
  // The fields read below are the first 10 bytes at most.
  if (cut_short && !bytes.Has(20, 10)) return {{}, *std::move(cut_short)};
  std::optional<Judgement> judgement;
  const bool extended = chunk.kind == FourCc("VP8X");
  if (chunk.kind == FourCc("VP8 ")) {
    judgement = ReadLossy(bytes, chunk, &header);
  } else if (chunk.kind == FourCc("VP8L")) {
    judgement = ReadLossless(bytes, chunk, &header);
  } else if (extended) {
    judgement = ReadExtended(bytes, chunk, &header);
  } else {
    judgement = CorruptAt(12, "WebP: the first chunk is none of VP8, VP8L, VP8X");
  }
  if (judgement) return {{}, *std::move(judgement)};
  if (cut_short) return {header, *std::move(cut_short)};
  if (chunk.data() + chunk.size > riff_end)
    return {header, CorruptAt(4, "WebP: the RIFF size is less than its chunks'")};
  if (!bytes.Has(0, riff_end)) {
    return {header, TruncatedAt(bytes, fmt::format("WebP: the RIFF size says {} bytes", riff_end))};
  }
  bool image = !extended;
  for (int chunks = 0; !image; ++chunks) {
    if (chunks == kMostChunks)
      return {header, CorruptAt(chunk.position, "WebP: 2^16 chunks without an image")};
    if (chunk.end() >= riff_end)
      return {header, CorruptAt(chunk.position, "WebP: VP8X without an image chunk")};
    if (auto missing = ReadChunk(bytes, chunk.end(), &chunk)) return {header, *std::move(missing)};
    image = chunk.kind == FourCc("VP8 ") || chunk.kind == FourCc("VP8L") || chunk.kind == FourCc("ANMF");
  }
  return {header, {}};
}

}  // namespace pixlake::image
