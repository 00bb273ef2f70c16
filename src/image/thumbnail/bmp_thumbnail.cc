// BMP that is not packed, by ourselves.
#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "image/header/header_internal.h"
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

// How a pixel's bits become colours.
struct PixelFormat {
  int bits = 0;
  uint64_t palette = 0;      // where it stands, for 8 bits and fewer
  uint64_t colours = 0;      // in it
  uint64_t colour_size = 4;  // bytes each: 3 behind a BITMAPCOREHEADER
  uint32_t masks[4] = {};    // red, green, blue, alpha, for 16 and 32 bits
};

// BITMAPV4HEADER: masks of contiguous bits. Scaled to 8.
uint8_t Extract(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const uint64_t value = (pixel & mask) >> std::countr_zero(mask);
  const uint64_t most = mask >> std::countr_zero(mask);
  return static_cast<uint8_t>((value * 255 + most / 2) / most);
}

PixelFormat FormatOf(const HostileBytes& bytes, const ImageHeader& header) {
  PixelFormat format;
  const uint32_t size = bytes.Little32(14);
  format.bits = size == 12 ? bytes.Little16(24) : bytes.Little16(28);
  const uint32_t compression = size >= 20 ? bytes.Little32(30) : 0;
  const uint64_t palette = 14 + uint64_t{size};
  if (format.bits == 16 || format.bits == 32) {
    const bool masked = compression == 3 || compression == 6;
    if (masked && bytes.Has(54, 16)) {
      for (uint64_t i = 0; i < 4; ++i) format.masks[i] = bytes.Little32(54 + 4 * i);
    } else if (format.bits == 16) {
      format = {16, 0, 0, 4, {0x7C00, 0x3E0, 0x1F, 0}};
    } else {
      format = {32, 0, 0, 4, {0xFF0000, 0xFF00, 0xFF, 0}};
    }
    if (header.channels != 4) format.masks[3] = 0;
  }
  if (format.bits <= 8) {
    format.colour_size = size == 12 ? 3 : 4;
    format.palette = palette;
    // What stands between the palette and the pixels; a palette may be shorter than
    // its bits allow.
    const uint64_t pixels = bytes.Little32(10);
    format.colours = std::min((pixels - palette) / format.colour_size, uint64_t{1} << format.bits);
  }
  return format;
}

void ReadRow(const HostileBytes& bytes, const PixelFormat& format, uint64_t row, uint32_t width,
             uint8_t* rgba) {
  for (uint32_t x = 0; x < width; ++x, rgba += 4) {
    rgba[3] = 255;
    if (format.bits <= 8) {
      const uint64_t bit = uint64_t{x} * static_cast<uint64_t>(format.bits);
      const int shift = 8 - format.bits - static_cast<int>(bit % 8);
      const uint64_t index = bytes.Byte(row + bit / 8) >> shift & ((1 << format.bits) - 1);
      const uint64_t colour = format.palette + index * format.colour_size;
      for (uint64_t c = 0; c < 3; ++c) rgba[c] = index < format.colours ? bytes.Byte(colour + 2 - c) : 0;
    } else if (format.bits == 24) {
      for (uint64_t c = 0; c < 3; ++c) rgba[c] = bytes.Byte(row + uint64_t{x} * 3 + 2 - c);
    } else {
      const uint32_t pixel =
          format.bits == 16 ? bytes.Little16(row + uint64_t{x} * 2) : bytes.Little32(row + uint64_t{x} * 4);
      for (size_t c = 0; c < 3; ++c) rgba[c] = Extract(pixel, format.masks[c]);
      if (format.masks[3] != 0) rgba[3] = Extract(pixel, format.masks[3]);
    }
  }
}

}  // namespace

Result<RgbImage> ThumbnailOfBmp(const ThumbnailTask& task) {
  const HostileBytes bytes(task.bytes);
  const uint32_t info_size = bytes.Little32(14);
  const uint32_t compression = info_size >= 20 ? bytes.Little32(30) : 0;
  if (compression != 0 && compression != 3 && compression != 6) {
    return Error(ErrorCode::kUnsupported, "decoding BMP: run lengths are not decoded");
  }
  const PixelFormat format = FormatOf(bytes, task.header);
  const Size size = task.size();
  const bool top_down = info_size != 12 && static_cast<int32_t>(bytes.Little32(22)) < 0;
  const uint64_t pixels = bytes.Little32(10);
  const uint64_t row_bytes = (uint64_t{size.width} * static_cast<uint64_t>(format.bits) + 31) / 32 * 4;
  BoxScale scale(size, FitWithin(size, task.max_side));
  std::vector<uint8_t> rgba(size_t{size.width} * 4), rgb(size_t{size.width} * 3);
  for (uint32_t y = 0; y < size.height; ++y) {
    // ReadHeader saw that all rows are there.
    ReadRow(bytes, format, pixels + row_bytes * (top_down ? y : size.height - 1 - y), size.width,
            rgba.data());
    FlattenRow(rgba.data(), size.width, rgb.data());
    scale.AddRow(rgb.data());
  }
  return scale.Finish();
}

}  // namespace pixlake::image
