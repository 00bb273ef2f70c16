// PNG Specification (Third Edition).
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "image/header/png_colours_internal.h"

namespace pixlake::image {
namespace {

constexpr uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr uint32_t kMostLength = 0x7FFFFFFF;

std::string TypeName(uint32_t type) {
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) name.push_back(static_cast<char>(type >> shift & 0xFF));
  return name;
}

// 5.3 Chunk layout. The type's bytes are letters; the length leaves the top bit out.
std::optional<Judgement> ReadChunk(const HostileBytes& bytes, uint64_t position, PngChunk* chunk) {
  if (!bytes.Has(position, 8)) return TruncatedAt(bytes, "PNG: the file ends before IEND");
  chunk->position = position;
  chunk->length = bytes.Big32(position);
  chunk->type = bytes.Big32(position + 4);
  for (int shift = 0; shift < 32; shift += 8) {
    const uint32_t letter = (chunk->type >> shift & 0xFF) | 0x20;
    if (letter < 'a' || letter > 'z') {
      return CorruptAt(position, fmt::format("PNG: {:08X} is no chunk type", chunk->type));
    }
  }
  if (chunk->length > kMostLength) {
    return CorruptAt(position,
                     fmt::format("PNG: chunk {} has length {}", TypeName(chunk->type), chunk->length));
  }
  if (!bytes.Has(position, kPngChunkOverhead + chunk->length)) {
    return TruncatedAt(bytes,
                       fmt::format("PNG: chunk {} at byte {} has {} bytes of data, the file ends before",
                                   TypeName(chunk->type), position, chunk->length));
  }
  return std::nullopt;
}

// 11.2.1 IHDR: table 12 has the combinations of colour type and bit depth.
std::optional<Judgement> ReadIhdr(const HostileBytes& bytes, const PngChunk& chunk, ImageHeader* header,
                                  uint8_t* colour) {
  if (chunk.type == PngType("CgBI")) return UnsupportedAt(chunk.position, "PNG: Apple's CgBI variant");
  if (chunk.type != PngType("IHDR") || chunk.length != 13) {
    return CorruptAt(chunk.position,
                     fmt::format("PNG: the first chunk is {} of {} bytes, expected IHDR of 13",
                                 TypeName(chunk.type), chunk.length));
  }
  const uint64_t at = chunk.data();
  const uint32_t width = bytes.Big32(at), height = bytes.Big32(at + 4);
  const uint8_t depth = bytes.Byte(at + 8);
  *colour = bytes.Byte(at + 9);
  const bool power = depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  const bool legal =
      (*colour == kPngGray && power) || (*colour == kPngPalette && power && depth <= 8) ||
      ((*colour == kPngRgb || *colour == kPngGrayAlpha || *colour == kPngRgbAlpha) && power && depth >= 8);
  if (!legal) {
    return CorruptAt(at + 8, fmt::format("PNG: colour type {} with bit depth {}", *colour, depth));
  }
  if (width == 0 || height == 0 || width > kMostLength || height > kMostLength) {
    return CorruptAt(at, fmt::format("PNG: {}x{} pixels", width, height));
  }
  if (bytes.Byte(at + 10) != 0 || bytes.Byte(at + 11) != 0 || bytes.Byte(at + 12) > 1) {
    return CorruptAt(at + 10, fmt::format("PNG: compression {}, filter {}, interlace {}", bytes.Byte(at + 10),
                                          bytes.Byte(at + 11), bytes.Byte(at + 12)));
  }
  if (!PngCrcIsRight(bytes, chunk)) return CorruptAt(chunk.position, "PNG: the CRC of IHDR is wrong");
  static constexpr int kChannels[] = {1, 0, 3, 3, 2, 0, 4};
  *header = {ImageFormat::kPng, width, height, kChannels[*colour], *colour == kPngPalette ? 8 : depth};
  return std::nullopt;
}

// Which chunks were met, for the rules of order in 5.6.
struct Met {
  bool data = false;
  bool data_ended = false;
};

// 5.6 Chunk ordering: PLTE before IDAT; IDAT in one piece.
std::optional<Judgement> CheckOrder(const PngChunk& chunk, uint8_t colour, Met* met, PngColours* colours,
                                    std::vector<Irregularity>* irregular) {
  std::optional<Judgement> judgement;
  switch (chunk.type) {
    case PngType("IHDR"):
      return CorruptAt(chunk.position, "PNG: a second IHDR");
    case PngType("PLTE"):
      judgement = colours->TakePalette(chunk, met->data, irregular);
      break;
    case PngType("IDAT"):
      if (met->data_ended) return CorruptAt(chunk.position, "PNG: other chunks between those of IDAT");
      if (colour == kPngPalette && !colours->has_palette())
        return CorruptAt(chunk.position, "PNG: no PLTE before IDAT");
      met->data = true;
      return std::nullopt;
    case PngType("tRNS"):
      colours->TakeTransparency(chunk, met->data, irregular);
      break;
    case PngType("IEND"):
      break;
    default:
      if (chunk.critical()) {
        return UnsupportedAt(chunk.position,
                             fmt::format("PNG: unknown critical chunk {}", TypeName(chunk.type)));
      }
  }
  met->data_ended = met->data;
  return judgement;
}

}  // namespace

// 5.2 PNG signature, 5.6 chunk ordering: IHDR, the rest, IEND. Bytes after IEND are
// not looked at.
HeaderResult ReadPngHeader(const HostileBytes& bytes) {
  const size_t compared = bytes.size() < sizeof(kSignature) ? bytes.size() : sizeof(kSignature);
  if (std::memcmp(bytes.data(), kSignature, compared) != 0) {
    return {{}, CorruptAt(4, "PNG: the signature is damaged, as by a transfer that changes line ends")};
  }
  if (compared < sizeof(kSignature))
    return {{}, TruncatedAt(bytes, "PNG: the file ends within the signature")};
  PngChunk chunk;
  ImageHeader header;
  uint8_t colour = 0;
  if (auto judgement = ReadChunk(bytes, sizeof(kSignature), &chunk)) return {{}, *std::move(judgement)};
  if (auto judgement = ReadIhdr(bytes, chunk, &header, &colour)) return {{}, *std::move(judgement)};
  Met met;
  PngColours colours(bytes, colour, bytes.Byte(24));
  std::vector<Irregularity> irregular;
  std::optional<Judgement> judgement;
  for (int chunks = 1; chunk.type != PngType("IEND"); ++chunks) {
    if (chunks == kMostPngChunks) {
      judgement = UnsupportedAt(chunk.position, "PNG: more than 2^20 chunks");
      break;
    }
    judgement = ReadChunk(bytes, chunk.end(), &chunk);
    if (!judgement) judgement = CheckOrder(chunk, colour, &met, &colours, &irregular);
    if (!judgement && !PngCrcIsRight(bytes, chunk)) {
      std::string message = fmt::format("PNG: the CRC of {} is wrong", TypeName(chunk.type));
      // A decoder leaves out what it does not need, and a palette beside full colours is only advice.
      const bool needed =
          chunk.type == PngType("PLTE") ? colour == kPngPalette && !met.data : chunk.critical();
      if (needed) {
        judgement = CorruptAt(chunk.position, std::move(message));
      } else {
        AddIrregularity(chunk.position, std::move(message), &irregular);
      }
    }
    if (judgement) break;
  }
  if (colours.transparent()) ++header.channels;
  if (!judgement && !met.data) judgement = CorruptAt(chunk.position, "PNG: no IDAT before IEND");
  return {header, judgement ? *std::move(judgement) : Judgement{}, std::move(irregular)};
}

}  // namespace pixlake::image
