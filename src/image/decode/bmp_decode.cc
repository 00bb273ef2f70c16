// BMP (wingdi.h), by ourselves.
#include <algorithm>
#include <bit>
#include <vector>

#include "image/decode/decode_internal.h"

namespace pixlake::image {
namespace {

constexpr uint32_t kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6;

// How a pixel's bits become colours.
struct PixelFormat {
  int bits = 0;
  uint32_t compression = 0;
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
  format.compression = size >= 20 ? bytes.Little32(30) : 0;
  if (format.bits == 16 || format.bits == 32) {
    const bool masked = format.compression == kBitFields || format.compression == kAlphaBitFields;
    constexpr uint32_t k555[] = {0x7C00, 0x3E0, 0x1F, 0}, k888[] = {0xFF0000, 0xFF00, 0xFF, 0};
    for (uint64_t i = 0; i < 4; ++i) {
      format.masks[i] = masked && bytes.Has(54, 16) ? bytes.Little32(54 + 4 * i)
                        : format.bits == 16         ? k555[i]
                                                    : k888[i];
    }
    if (header.channels != 4) format.masks[3] = 0;
  }
  if (format.bits <= 8) {
    format.colour_size = size == 12 ? 3 : 4;
    format.palette = 14 + uint64_t{size};
    // What stands between the palette and the pixels; a palette may be shorter than
    // its bits allow.
    const uint64_t room = bytes.Little32(10) - format.palette;
    format.colours = std::min(room / format.colour_size, uint64_t{1} << format.bits);
  }
  return format;
}

void PaletteColour(const HostileBytes& bytes, const PixelFormat& format, uint64_t index, uint8_t* rgb) {
  const uint64_t colour = format.palette + index * format.colour_size;
  for (uint64_t c = 0; c < 3; ++c) rgb[c] = index < format.colours ? bytes.Byte(colour + 2 - c) : 0;
}

// One stored row to RGB or RGBA.
void ReadRow(const HostileBytes& bytes, const PixelFormat& format, uint64_t row, const PixelLayout& layout,
             uint8_t* out) {
  for (uint32_t x = 0; x < layout.width; ++x, out += layout.channels) {
    if (format.bits <= 8) {
      const uint64_t bit = uint64_t{x} * static_cast<uint64_t>(format.bits);
      const int shift = 8 - format.bits - static_cast<int>(bit % 8);
      PaletteColour(bytes, format, bytes.Byte(row + bit / 8) >> shift & ((1 << format.bits) - 1), out);
    } else if (format.bits == 24) {
      for (uint64_t c = 0; c < 3; ++c) out[c] = bytes.Byte(row + uint64_t{x} * 3 + 2 - c);
    } else {
      const uint32_t pixel =
          format.bits == 16 ? bytes.Little16(row + uint64_t{x} * 2) : bytes.Little32(row + uint64_t{x} * 4);
      for (int c = 0; c < layout.channels; ++c) out[c] = Extract(pixel, format.masks[c]);
    }
  }
}

// "Bitmap Compression" of wingdi.h: pairs of a count and a value (two pixels of 4 bits in
// RLE4); a count of 0 escapes to the end of a row (0), of the bitmap (1), a step (2), or
// so many literal pixels, padded to 16 bits. Pixels that are stepped over keep colour 0.
class RunLengths {
 public:
  RunLengths(const HostileBytes& bytes, uint64_t position, bool four, uint32_t width, uint32_t height)
      : bytes_(bytes),
        position_(position),
        four_(four),
        width_(width),
        height_(height),
        pixels_(size_t{width} * height) {}

  Judgement Decode() {
    while (y_ < height_) {
      if (!bytes_.Has(position_, 2)) return TruncatedAt(bytes_, "BMP: the file ends within the run lengths");
      const uint8_t count = bytes_.Byte(position_), value = bytes_.Byte(position_ + 1);
      position_ += 2;
      if (count != 0) {
        for (uint32_t i = 0; i < count; ++i) Put(four_ ? Nibble(value, i) : value);
        continue;
      }
      if (value == 0) {
        x_ = 0;
        ++y_;
      } else if (value == 1) {
        return {};
      } else if (value == 2) {
        if (!bytes_.Has(position_, 2))
          return TruncatedAt(bytes_, "BMP: the file ends within the run lengths");
        x_ += bytes_.Byte(position_);
        y_ += bytes_.Byte(position_ + 1);
        position_ += 2;
      } else if (!Literals(value)) {
        return TruncatedAt(bytes_, "BMP: the file ends within the run lengths");
      }
    }
    return {};
  }

  // Row 0 is the lowest.
  const uint8_t* row(uint32_t y) const { return &pixels_[size_t{y} * width_]; }

 private:
  static uint8_t Nibble(uint8_t byte, uint32_t i) { return i % 2 == 0 ? byte >> 4 : byte & 15; }

  // What goes over a row's end is dropped.
  void Put(uint8_t index) {
    if (x_ < width_) pixels_[size_t{y_} * width_ + x_] = index;
    ++x_;
  }

  bool Literals(uint32_t count) {
    const uint64_t size = four_ ? (count + 1) / 2 : count;
    if (!bytes_.Has(position_, size)) return false;
    for (uint32_t i = 0; i < count; ++i) {
      Put(four_ ? Nibble(bytes_.Byte(position_ + i / 2), i) : bytes_.Byte(position_ + i));
    }
    position_ += size + size % 2;
    return true;
  }

  const HostileBytes& bytes_;
  uint64_t position_;
  const bool four_;
  const uint32_t width_, height_;
  uint64_t x_ = 0, y_ = 0;
  std::vector<uint8_t> pixels_;
};

Result<DecodeResult> DecodeRunLengths(const DecodeTask& task, const HostileBytes& bytes,
                                      const PixelFormat& format) {
  const PixelLayout layout{task.width(), task.height(), 3, 8};
  const uint64_t memory = uint64_t{layout.width} * layout.height;
  if (memory > static_cast<uint64_t>(task.budget.max_memory)) {
    return TooMuchMemory("BMP", memory, task.budget.max_memory);
  }
  RunLengths runs(bytes, bytes.Little32(10), format.compression == kRle4, layout.width, layout.height);
  Judgement judgement = runs.Decode();
  if (judgement.verdict != Verdict::kOk || task.sink == nullptr) {
    const int64_t frames = judgement.verdict == Verdict::kOk ? 1 : 0;
    return DecodeResult{std::move(judgement), frames};
  }
  PL_RETURN_NOT_OK(task.sink->Begin(layout));
  std::vector<uint8_t> row(layout.row_bytes());
  for (uint32_t y = layout.height; y-- > 0;) {
    for (uint32_t x = 0; x < layout.width; ++x)
      PaletteColour(bytes, format, runs.row(y)[x], &row[size_t{x} * 3]);
    task.sink->Row(row.data());
  }
  return DecodeResult{{}, 1};
}

}  // namespace

Result<DecodeResult> DecodeBmp(const DecodeTask& task) {
  const HostileBytes bytes(task.bytes);
  const PixelFormat format = FormatOf(bytes, task.header);
  if (format.compression == kRle8 || format.compression == kRle4)
    return DecodeRunLengths(task, bytes, format);
  // ReadHeader saw that all rows are there, and there is nothing in them that could be wrong.
  if (task.sink == nullptr) return DecodeResult{{}, 1};
  const PixelLayout layout{task.width(), task.height(), format.masks[3] != 0 ? 4 : 3, 8};
  const bool top_down = bytes.Little32(14) != 12 && static_cast<int32_t>(bytes.Little32(22)) < 0;
  const uint64_t pixels = bytes.Little32(10);
  const uint64_t row_bytes = (uint64_t{layout.width} * static_cast<uint64_t>(format.bits) + 31) / 32 * 4;
  PL_RETURN_NOT_OK(task.sink->Begin(layout));
  std::vector<uint8_t> row(layout.row_bytes());
  for (uint32_t y = 0; y < layout.height; ++y) {
    ReadRow(bytes, format, pixels + row_bytes * (top_down ? y : layout.height - 1 - y), layout, row.data());
    task.sink->Row(row.data());
  }
  return DecodeResult{{}, 1};
}

}  // namespace pixlake::image
