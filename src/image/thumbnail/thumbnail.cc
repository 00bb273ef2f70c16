#include "image/thumbnail/thumbnail.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "image/metadata/metadata.h"
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {

ErrorCode CodeOfVerdict(Verdict verdict) {
  if (verdict == Verdict::kBomb) return ErrorCode::kOverBudget;
  return verdict == Verdict::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kCorrupt;
}

namespace {

Result<RgbImage> Decode(const ThumbnailTask& task) {
  switch (task.header.format) {
    case ImageFormat::kJpeg:
      return ThumbnailOfJpeg(task);
    case ImageFormat::kWebp:
      return ThumbnailOfWebp(task);
    case ImageFormat::kPng:
    case ImageFormat::kTiff:
    case ImageFormat::kGif:
    case ImageFormat::kBmp:
      return ThumbnailOfDecoded(task);
    case ImageFormat::kHeif:
    case ImageFormat::kAvif:
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

BoxScale::BoxScale(Size from, Size to) : from_(from), row_(size_t{to.width} * 3), sums_(row_.size()) {
  image_.width = to.width;
  image_.height = to.height;
  image_.pixels.resize(size_t{to.width} * to.height * 3);
}

void BoxScale::SumRow(const uint8_t* rgb) {
  const uint64_t whole = image_.width;
  for (uint32_t x = 0; x < image_.width; ++x) {
    const uint64_t begin = uint64_t{x} * from_.width, end = begin + from_.width;
    const uint64_t first = begin / whole, last = (end - 1) / whole;
    // Whole pixels, then less what lies outside of the first and the last.
    const uint64_t before = begin - first * whole, behind = (last + 1) * whole - end;
    uint64_t sums[3] = {};
    for (const uint8_t* pixel = rgb + first * 3; pixel <= rgb + last * 3; pixel += 3) {
      for (size_t c = 0; c < 3; ++c) sums[c] += pixel[c];
    }
    for (size_t c = 0; c < 3; ++c) {
      row_[size_t{x} * 3 + c] = sums[c] * whole - rgb[first * 3 + c] * before - rgb[last * 3 + c] * behind;
    }
  }
}

void BoxScale::EmitRow() {
  uint8_t* out = &image_.pixels[size_t{out_row_} * row_.size()];
  const uint64_t area = uint64_t{from_.width} * from_.height;
  for (size_t i = 0; i < sums_.size(); ++i) {
    out[i] = static_cast<uint8_t>((sums_[i] + area / 2) / area);
    sums_[i] = 0;
  }
  ++out_row_;
  filled_ = 0;
}

void BoxScale::AddRow(const uint8_t* rgb) {
  if (out_row_ == image_.height) return;
  SumRow(rgb);
  // A row is no higher than one of the result, so it falls to two at most.
  uint64_t left = image_.height;
  while (left != 0 && out_row_ < image_.height) {
    const uint64_t part = std::min(left, from_.height - filled_);
    for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += row_[i] * part;
    filled_ += part;
    left -= part;
    if (filled_ == from_.height) EmitRow();
  }
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

// Exif 3.0, 4.6.5.1.6: where the stored row 0 and column 0 are to be: 2 top right, 3 bottom right,
// 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom.
RgbImage Upright(RgbImage image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool swapped = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  RgbImage turned;
  turned.width = swapped ? image.height : image.width;
  turned.height = swapped ? image.width : image.height;
  turned.pixels.resize(image.pixels.size());
  auto to = turned.pixels.begin();
  for (uint32_t y = 0; y < turned.height; ++y) {
    for (uint32_t x = 0; x < turned.width; ++x) {
      const uint32_t across = swapped ? y : x, down = swapped ? x : y;
      const size_t column = from_right ? image.width - 1 - across : across;
      const size_t row = from_below ? image.height - 1 - down : down;
      const auto from = image.pixels.begin() + static_cast<ptrdiff_t>((row * image.width + column) * 3);
      to = std::copy_n(from, 3, to);
    }
  }
  return turned;
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
  PL_ASSIGN_OR_RETURN(RgbImage image,
                      Decode({bytes, *result.header, static_cast<uint32_t>(max_side), max_pixels}));
  return Upright(std::move(image), ReadMetadata(bytes, {max_pixels}).Orientation());
}

}  // namespace pixlake::image
