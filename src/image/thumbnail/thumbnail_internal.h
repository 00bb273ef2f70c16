// Decoders that hand over rows, and the scale they go through.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/header/image_header.h"
#include "image/pixels/rgb_image.h"

namespace pixlake::image {

struct Size {
  uint32_t width = 0;
  uint32_t height = 0;
};

// The largest size of the same shape within a square of `max_side`; no larger than
// `size`, no side 0.
Size FitWithin(Size size, uint32_t max_side);

// Takes an image's rows from the top down and gives a smaller one: each of its pixels
// is the mean of the area that falls to it, pixels cut by its border counting by their
// part. Exact but for rounding once; holds two rows of sums.
class BoxScale {
 public:
  // `to` is no larger than `from`; fewer than 2^56 pixels.
  BoxScale(Size from, Size to);

  // 3 bytes for each pixel of a row. Rows over the image's height are ignored.
  void AddRow(const uint8_t* rgb);
  // Once all rows are there. Rows that never came are black.
  RgbImage Finish() { return std::move(image_); }

 private:
  void SumRow(const uint8_t* rgb);
  void EmitRow();

  // In units of 1 / `to` of a pixel of `from`, every border is a whole number: a pixel of
  // `from` is to.width wide, one of `to` from.width.
  const Size from_;
  RgbImage image_;
  std::vector<uint64_t> row_;   // one row, weighted across
  std::vector<uint64_t> sums_;  // of the rows so far, weighted down
  uint64_t filled_ = 0;         // height of what is in sums_
  uint32_t out_row_ = 0;
};

// What transparent pixels are laid over.
constexpr unsigned kBackdrop = 128;

// RGBA to RGB over the backdrop; colours not multiplied with alpha.
void FlattenRow(const uint8_t* rgba, size_t pixels, uint8_t* rgb);

// Each decodes `bytes`, whose header is sound and within `max_pixels`, and scales it
// to fit `max_side`.
struct ThumbnailTask {
  std::span<const uint8_t> bytes;
  ImageHeader header;
  uint32_t max_side = 0;
  int64_t max_pixels = 0;

  Size size() const { return {static_cast<uint32_t>(header.width), static_cast<uint32_t>(header.height)}; }
};

// Turned and mirrored as an orientation asks for.
RgbImage Upright(RgbImage image, int orientation);

ErrorCode CodeOfVerdict(Verdict verdict);

Result<RgbImage> ThumbnailOfJpeg(const ThumbnailTask& task);
Result<RgbImage> ThumbnailOfDecoded(const ThumbnailTask& task);
Result<RgbImage> ThumbnailOfWebp(const ThumbnailTask& task);

}  // namespace pixlake::image
