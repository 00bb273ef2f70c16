// What of a PNG's PLTE and tRNS counts, for who reads the header and for who decodes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/header/png_chunk_internal.h"

namespace pixlake::image {

enum PngColourType : uint8_t {
  kPngGray = 0,
  kPngRgb = 2,
  kPngPalette = 3,
  kPngGrayAlpha = 4,
  kPngRgbAlpha = 6
};

// Takes the chunks in the order of the file. What has no say in any pixel is irregular, as
// libpng's benign errors are: a palette beside full colours, transparency of a wrong size.
class PngColours {
 public:
  PngColours(const HostileBytes& bytes, uint8_t colour, uint8_t depth)
      : bytes_(bytes), colour_(colour), depth_(depth) {}

  // A PLTE (11.2.2): of an image of indices, the last in front of IDAT counts, as Pillow has it.
  std::optional<Judgement> TakePalette(const PngChunk& chunk, bool behind_data,
                                       std::vector<Irregularity>* to);
  // A tRNS (11.3.1.1).
  void TakeTransparency(const PngChunk& chunk, bool behind_data, std::vector<Irregularity>* to);

  bool has_palette() const { return !palette_.empty(); }
  bool transparent() const { return !transparency_.empty(); }
  // Both as chunks that break no rule.
  std::string Chunks() const;

 private:
  std::span<const uint8_t> DataOf(const PngChunk& chunk) const {
    return {bytes_.data() + chunk.data(), chunk.length};
  }

  const HostileBytes& bytes_;
  const uint8_t colour_, depth_;
  std::span<const uint8_t> palette_, transparency_;
};

// Of a file whose header is sound.
PngColours ReadPngColours(const HostileBytes& bytes);

// A chunk with its length and CRC.
std::string MakePngChunk(std::string_view type, std::span<const uint8_t> data);

}  // namespace pixlake::image
