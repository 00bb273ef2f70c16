// GIF89a Specification (CompuServe, 1990), by ourselves.
#include <algorithm>
#include <array>
#include <vector>

#include "image/decode/decode_internal.h"
#include "image/decode/gif_lzw_internal.h"

namespace pixlake::image {
namespace {

constexpr uint8_t kExtension = 0x21, kImage = 0x2C, kTrailer = 0x3B, kGraphicControl = 0xF9;

// 20. Image descriptor, with what the control extension before it said.
struct Frame {
  uint32_t left = 0, top = 0, width = 0, height = 0;
  bool interlaced = false;
  uint64_t palette = 0;  // where it stands; 0: none
  uint32_t colours = 0;
  int transparent = -1;
};

uint64_t SkipSubBlocks(const HostileBytes& bytes, uint64_t position) {
  while (bytes.Has(position, 1) && bytes.Byte(position) != 0) position += 1 + uint64_t{bytes.Byte(position)};
  return position + 1;
}

// Appendix E: rows of four passes. Row `i` of those stored is this one of the image.
std::vector<uint32_t> RowOrder(const Frame& frame) {
  std::vector<uint32_t> order;
  order.reserve(frame.height);
  const uint32_t starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  for (size_t pass = 0; pass < 4 && frame.interlaced; ++pass) {
    for (uint32_t y = starts[pass]; y < frame.height; y += steps[pass]) order.push_back(y);
  }
  for (uint32_t y = 0; y < frame.height && !frame.interlaced; ++y) order.push_back(y);
  return order;
}

class GifDecoder {
 public:
  explicit GifDecoder(const DecodeTask& task) : task_(task), bytes_(task.bytes) {}

  Result<DecodeResult> Run() {
    ReadScreen();
    // ReadHeader walked these blocks: they are whole, and there is a trailer.
    while (bytes_.Has(position_, 1)) {
      const uint8_t kind = bytes_.Byte(position_);
      if (kind == kExtension) {
        ReadExtension();
      } else if (kind == kImage) {
        PL_ASSIGN_OR_RETURN(result_.judgement, ReadImage());
        if (result_.judgement.verdict != Verdict::kOk) return result_;
        ++result_.frames;
        if (task_.sink != nullptr) return result_;
        if (task_.deadline.Passed()) {
          result_.judgement = task_.deadline.Exceeded();
          return result_;
        }
      } else if (kind == kTrailer) {
        break;
      } else {
        ++position_;  // a stray byte between blocks
      }
    }
    return result_;
  }

 private:
  void ReadScreen() {
    const uint8_t packed = bytes_.Byte(10);
    position_ = 13;
    if ((packed & 0x80) == 0) return;
    screen_colours_ = 2u << (packed & 7);
    position_ += uint64_t{3} * screen_colours_;
  }

  void ReadExtension() {
    const bool control = bytes_.Has(position_, 7) && bytes_.Byte(position_ + 1) == kGraphicControl &&
                         bytes_.Byte(position_ + 2) == 4;
    if (control && (bytes_.Byte(position_ + 3) & 1) != 0) transparent_ = bytes_.Byte(position_ + 6);
    position_ = SkipSubBlocks(bytes_, position_ + 2);
  }

  Result<Judgement> ReadImage() {
    if (!bytes_.Has(position_, 11)) return TruncatedAt(bytes_, "GIF: the file ends within an image");
    Frame frame{bytes_.Little16(position_ + 1), bytes_.Little16(position_ + 3),
                bytes_.Little16(position_ + 5), bytes_.Little16(position_ + 7)};
    const uint8_t packed = bytes_.Byte(position_ + 9);
    frame.interlaced = (packed & 0x40) != 0;
    frame.transparent = std::exchange(transparent_, -1);
    frame.palette = screen_colours_ == 0 ? 0 : 13;
    frame.colours = screen_colours_;
    position_ += 10;
    if ((packed & 0x80) != 0) {
      frame.palette = position_;
      frame.colours = 2u << (packed & 7);
      position_ += uint64_t{3} * frame.colours;
    }
    const uint64_t pixels = task_.sink == nullptr ? frame.width : uint64_t{frame.width} * frame.height;
    if (pixels > static_cast<uint64_t>(task_.budget.max_memory)) {
      return TooMuchMemory("GIF", pixels, task_.budget.max_memory);
    }
    if (!bytes_.Has(position_, 1)) return TruncatedAt(bytes_, "GIF: the file ends within an image");
    const int code_size = bytes_.Byte(position_);
    if (code_size < 1 || code_size > 11)
      return CorruptAt(position_, fmt::format("GIF: LZW codes of {} bits", code_size));
    PL_ASSIGN_OR_RETURN(Judgement judgement, ReadPixels(frame, code_size));
    position_ = SkipSubBlocks(bytes_, position_ + 1);
    return judgement;
  }

  Result<Judgement> ReadPixels(const Frame& frame, int code_size) {
    GifLzw lzw(bytes_, position_ + 1, code_size);
    std::vector<uint8_t> pixels;
    // A row at a time when nobody wants them: frames may be large, and many.
    const std::vector<uint32_t> order = RowOrder(frame);
    for (uint32_t i = 0; i < frame.height; ++i) {
      if (i % 64 == 63 && task_.deadline.Passed()) return task_.deadline.Exceeded();
      if (task_.sink == nullptr) pixels.clear();
      const LzwEnd end = lzw.Decode(frame.width, &pixels);
      if (end == LzwEnd::kWhole) continue;
      return CorruptAt(lzw.position(),
                       fmt::format("GIF, frame {}: {} in row {} of {}", result_.frames + 1,
                                   end == LzwEnd::kShort ? "the codes end" : "a code that stands for nothing",
                                   i, frame.height));
    }
    if (task_.sink != nullptr) PL_RETURN_NOT_OK(GiveScreen(frame, pixels, order));
    return Judgement{};
  }

  std::array<uint8_t, 4> Colour(const Frame& frame, uint8_t index) const {
    std::array<uint8_t, 4> rgba{0, 0, 0, static_cast<uint8_t>(index == frame.transparent ? 0 : 255)};
    if (frame.palette == 0) {
      rgba[0] = rgba[1] = rgba[2] = index;  // no table anywhere: greys
    } else if (index < frame.colours && bytes_.Has(frame.palette, uint64_t{3} * frame.colours)) {
      for (uint64_t c = 0; c < 3; ++c) rgba[c] = bytes_.Byte(frame.palette + uint64_t{3} * index + c);
    }
    return rgba;
  }

  // The screen as the first frame leaves it; around it is the transparent colour, else
  // the first.
  Status GiveScreen(const Frame& frame, const std::vector<uint8_t>& pixels,
                    const std::vector<uint32_t>& order) {
    const bool alpha = task_.header.channels == 4;
    const PixelLayout layout{task_.width(), task_.height(), alpha ? 4 : 3, 8};
    PL_RETURN_NOT_OK(task_.sink->Begin(layout));
    std::vector<uint32_t> stored(frame.height);
    for (uint32_t i = 0; i < frame.height; ++i) stored[order[i]] = i;
    const auto around = static_cast<uint8_t>(std::max(frame.transparent, 0));
    std::vector<uint8_t> row(layout.row_bytes());
    const size_t channels = static_cast<size_t>(layout.channels);
    for (uint32_t y = 0; y < layout.height; ++y) {
      const bool inside = y >= frame.top && y - frame.top < frame.height;
      for (uint32_t x = 0; x < layout.width; ++x) {
        const bool covered = inside && x >= frame.left && x - frame.left < frame.width;
        const uint8_t index =
            covered ? pixels[size_t{stored[y - frame.top]} * frame.width + (x - frame.left)] : around;
        const std::array<uint8_t, 4> rgba = Colour(frame, index);
        std::copy_n(rgba.begin(), channels, &row[x * channels]);
      }
      task_.sink->Row(row.data());
    }
    return Status::OK();
  }

  const DecodeTask& task_;
  const HostileBytes bytes_;
  DecodeResult result_;
  uint64_t position_ = 0;
  uint32_t screen_colours_ = 0;
  int transparent_ = -1;
};

}  // namespace

Result<DecodeResult> DecodeGif(const DecodeTask& task) {
  return GifDecoder(task).Run();
}

}  // namespace pixlake::image
