#include "image/thumbnail/thumbnail.h"

#include <algorithm>

#include <fmt/format.h>

#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

ErrorCode CodeOfVerdict(Verdict verdict) {
  if (verdict == Verdict::kBomb) return ErrorCode::kOverBudget;
  return verdict == Verdict::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kCorrupt;
}

Result<RgbImage> Decode(const ThumbnailTask& task) {
  switch (task.header.format) {
    case ImageFormat::kJpeg:
      return ThumbnailOfJpeg(task);
    case ImageFormat::kPng:
      return ThumbnailOfPng(task);
    case ImageFormat::kTiff:
      return ThumbnailOfTiff(task);
    case ImageFormat::kBmp:
      return ThumbnailOfBmp(task);
    case ImageFormat::kWebp:
      return ThumbnailOfWebp(task);
    case ImageFormat::kGif:
      break;
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("{} images are not decoded", FormatName(task.header.format)));
}

}  // namespace

Size FitWithin(Size size, uint32_t max_side) {
  const uint32_t longest = std::max(size.width, size.height);
  if (longest <= max_side) return size;
  const auto scaled = [&](uint32_t side) {
    return std::max(1u, static_cast<uint32_t>((uint64_t{side} * max_side + longest / 2) / longest));
  };
  return {scaled(size.width), scaled(size.height)};
}

BoxScale::BoxScale(Size from, Size to) : from_(from), sums_(size_t{to.width} * 3) {
  image_.width = to.width;
  image_.height = to.height;
  image_.pixels.resize(size_t{to.width} * to.height * 3);
}

uint32_t BoxScale::FirstColumn(uint32_t x) const {
  return static_cast<uint32_t>(uint64_t{x} * from_.width / image_.width);
}

void BoxScale::AddRow(const uint8_t* rgb) {
  if (out_row_ == image_.height) return;
  for (uint32_t x = 0; x < image_.width; ++x) {
    const uint8_t* const end = rgb + size_t{FirstColumn(x + 1)} * 3;
    uint64_t r = 0, g = 0, b = 0;
    for (const uint8_t* pixel = rgb + size_t{FirstColumn(x)} * 3; pixel != end; pixel += 3) {
      r += pixel[0];
      g += pixel[1];
      b += pixel[2];
    }
    sums_[size_t{x} * 3] += r;
    sums_[size_t{x} * 3 + 1] += g;
    sums_[size_t{x} * 3 + 2] += b;
  }
  ++row_;
  ++rows_summed_;
  if (row_ < uint64_t{out_row_ + 1} * from_.height / image_.height) return;
  uint8_t* out = &image_.pixels[size_t{out_row_} * image_.width * 3];
  for (uint32_t x = 0; x < image_.width; ++x) {
    const uint64_t count = uint64_t{FirstColumn(x + 1) - FirstColumn(x)} * rows_summed_;
    for (size_t i = size_t{x} * 3; i < size_t{x} * 3 + 3; ++i) {
      out[i] = static_cast<uint8_t>((sums_[i] + count / 2) / count);
      sums_[i] = 0;
    }
  }
  ++out_row_;
  rows_summed_ = 0;
}

void FlattenRow(const uint8_t* rgba, size_t pixels, uint8_t* rgb) {
  for (size_t i = 0; i < pixels; ++i) {
    const unsigned alpha = rgba[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] =
          static_cast<uint8_t>((rgba[4 * i + c] * alpha + kBackdrop * (255 - alpha) + 127) / 255);
    }
  }
}

Result<RgbImage> MakeThumbnail(std::span<const uint8_t> bytes, int max_side, int64_t max_pixels) {
  if (max_side < 1) return Error(ErrorCode::kUsage, fmt::format("a thumbnail of {} pixels", max_side));
  const HeaderResult result = ReadHeader(bytes, {max_pixels});
  const Judgement& judgement = result.judgement;
  if (judgement.verdict != Verdict::kOk) {
    return Error(CodeOfVerdict(judgement.verdict),
                 judgement.offset < 0 ? judgement.message
                                      : fmt::format("{} (byte {})", judgement.message, judgement.offset));
  }
  return Decode({bytes, *result.header, static_cast<uint32_t>(max_side), max_pixels});
}

}  // namespace pixlake::image
