// Formats that are decoded whole, row by row, and made small on the way.
#include <optional>

#include "image/decode/decode.h"
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

// Rows of any layout to RGB of 8 bits.
class ThumbnailSink : public RowSink {
 public:
  explicit ThumbnailSink(uint32_t max_side) : max_side_(max_side) {}

  Status Begin(const PixelLayout& layout) override {
    layout_ = layout;
    const Size size{layout.width, layout.height};
    scale_.emplace(size, FitWithin(size, max_side_));
    rgb_.resize(size_t{layout.width} * 3);
    rgba_.resize(size_t{layout.width} * 4);
    return Status::OK();
  }

  void Row(const uint8_t* samples) override {
    const int channels = layout_.channels;
    const bool alpha = channels == 2 || (channels == 4 && !layout_.cmyk);
    for (size_t x = 0; x < layout_.width; ++x) {
      uint8_t* out = alpha ? &rgba_[4 * x] : &rgb_[3 * x];
      for (int c = 0; c < 3; ++c) out[c] = Sample(samples, x, channels < 3 ? 0 : c);
      if (alpha) out[3] = Sample(samples, x, channels - 1);
      if (layout_.cmyk) Ink(out, Sample(samples, x, 3));
    }
    if (alpha) FlattenRow(rgba_.data(), layout_.width, rgb_.data());
    scale_->AddRow(rgb_.data());
  }

  RgbImage Finish() { return scale_->Finish(); }

 private:
  uint8_t Sample(const uint8_t* samples, size_t x, int channel) const {
    const size_t index = x * static_cast<size_t>(layout_.channels) + static_cast<size_t>(channel);
    if (layout_.bits == 8) return samples[index];
    return static_cast<uint8_t>(reinterpret_cast<const uint16_t*>(samples)[index] >> 8);
  }

  // CMY to RGB, without a profile.
  static void Ink(uint8_t* colour, unsigned key) {
    for (int c = 0; c < 3; ++c)
      colour[c] = static_cast<uint8_t>(((255u - colour[c]) * (255 - key) + 127) / 255);
  }

  const uint32_t max_side_;
  PixelLayout layout_;
  std::optional<BoxScale> scale_;
  std::vector<uint8_t> rgb_, rgba_;
};

}  // namespace

Result<RgbImage> ThumbnailOfDecoded(const ThumbnailTask& task) {
  ThumbnailSink sink(task.max_side);
  DecodeBudget budget;
  budget.max_pixels = task.max_pixels;
  // Of 4 samples of 16 bits, whole.
  budget.max_memory = std::min<int64_t>(task.max_pixels, int64_t{1} << 40) * 8 + (16 << 20);
  PL_ASSIGN_OR_RETURN(const DecodeResult result, DecodePixels(task.bytes, budget, &sink));
  const Judgement& judgement = result.judgement;
  if (judgement.verdict != Verdict::kOk)
    return Error(CodeOfVerdict(judgement.verdict), "decoding " + judgement.message);
  return sink.Finish();
}

}  // namespace pixlake::image
