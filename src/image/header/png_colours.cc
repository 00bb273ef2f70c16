// PNG Specification (Third Edition), 11.2.2 PLTE, 11.3.1.1 tRNS.
#include <algorithm>

#include <fmt/format.h>

#include "image/header/png_colours_internal.h"

namespace pixlake::image {

std::optional<Judgement> PngColours::TakePalette(const PngChunk& chunk, bool behind_data,
                                                 std::vector<Irregularity>* to) {
  const bool sized = chunk.length >= 3 && chunk.length <= 768 && chunk.length % 3 == 0;
  if (behind_data) {
    AddIrregularity(chunk.position, "PNG: PLTE behind IDAT", to);
    return std::nullopt;
  }
  if (has_palette()) AddIrregularity(chunk.position, "PNG: a second PLTE", to);
  if (colour_ == kPngGray || colour_ == kPngGrayAlpha) {
    AddIrregularity(chunk.position, "PNG: PLTE in an image of greys", to);
  }
  if (!sized && (colour_ == kPngPalette && chunk.length < 3)) {
    return CorruptAt(chunk.position, fmt::format("PNG: PLTE of {} bytes", chunk.length));
  }
  if (!sized) AddIrregularity(chunk.position, fmt::format("PNG: PLTE of {} bytes", chunk.length), to);
  const size_t most = colour_ == kPngPalette ? size_t{1} << depth_ : 256;
  palette_ = DataOf(chunk).first(std::min<size_t>(chunk.length / 3, most) * 3);
  return std::nullopt;
}

void PngColours::TakeTransparency(const PngChunk& chunk, bool behind_data, std::vector<Irregularity>* to) {
  bool fits = false;
  switch (colour_) {
    case kPngGray:
      fits = chunk.length == 2;
      break;
    case kPngRgb:
      fits = chunk.length == 6;
      break;
    case kPngPalette:
      fits = chunk.length >= 1 && chunk.length <= palette_.size() / 3;
      break;
    default:
      break;  // there is alpha already
  }
  if (!fits || behind_data || transparent()) {
    AddIrregularity(chunk.position, "PNG: tRNS out of place, twice or of a wrong size", to);
  } else if (PngCrcIsRight(bytes_, chunk)) {
    transparency_ = DataOf(chunk);
  }
}

std::string PngColours::Chunks() const {
  std::string chunks;
  if (colour_ == kPngPalette) chunks += MakePngChunk("PLTE", palette_);
  if (transparent()) chunks += MakePngChunk("tRNS", transparency_);
  return chunks;
}

PngColours ReadPngColours(const HostileBytes& bytes) {
  PngColours colours(bytes, bytes.Byte(25), bytes.Byte(24));
  std::vector<Irregularity> ignored;
  for (uint64_t at = kPngSignatureBytes; bytes.Has(at, kPngChunkOverhead);) {
    const PngChunk chunk{at, bytes.Big32(at), bytes.Big32(at + 4)};
    if (!bytes.Has(at, kPngChunkOverhead + uint64_t{chunk.length})) break;
    if (chunk.type == PngType("IDAT") || chunk.type == PngType("IEND")) break;
    if (chunk.type == PngType("PLTE")) (void)colours.TakePalette(chunk, false, &ignored);
    if (chunk.type == PngType("tRNS")) colours.TakeTransparency(chunk, false, &ignored);
    at = chunk.end();
  }
  return colours;
}

std::string MakePngChunk(std::string_view type, std::span<const uint8_t> data) {
  const auto put = [](uint32_t value, std::string* to) {
    for (int shift = 24; shift >= 0; shift -= 8) to->push_back(static_cast<char>(value >> shift & 0xFF));
  };
  std::string chunk;
  put(static_cast<uint32_t>(data.size()), &chunk);
  chunk += type;
  chunk.append(reinterpret_cast<const char*>(data.data()), data.size());
  const uint32_t crc =
      crc32_gzip_refl(0, reinterpret_cast<const uint8_t*>(chunk.data()) + 4, chunk.size() - 4);
  put(crc, &chunk);
  return chunk;
}

}  // namespace pixlake::image
