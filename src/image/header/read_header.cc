#include <utility>

#include <fmt/format.h>

#include "image/header/header_internal.h"

namespace pixlake::image {
namespace {

HeaderResult ReadStructure(ImageFormat format, const HostileBytes& bytes) {
  switch (format) {
    case ImageFormat::kJpeg:
      return ReadJpegHeader(bytes);
    case ImageFormat::kPng:
      return ReadPngHeader(bytes);
    case ImageFormat::kTiff:
      return ReadTiffHeader(bytes);
    case ImageFormat::kGif:
      return ReadGifHeader(bytes);
    case ImageFormat::kBmp:
      return ReadBmpHeader(bytes);
    case ImageFormat::kWebp:
      return ReadWebpHeader(bytes);
    case ImageFormat::kHeif:
    case ImageFormat::kAvif:
      return ReadHeifHeader(bytes);
  }
  return {};
}

}  // namespace

void AddIrregularity(uint64_t offset, std::string message, std::vector<Irregularity>* to) {
  constexpr size_t kMost = 16;
  if (to->size() < kMost) to->push_back({static_cast<int64_t>(offset), std::move(message)});
}

HeaderResult ReadHeader(std::span<const uint8_t> bytes, const HeaderLimits& limits) {
  if (bytes.empty()) return {{}, {Verdict::kEmpty, 0, "no bytes"}};
  const auto format = DetectFormat(bytes);
  if (!format)
    return {{}, {Verdict::kUnsupported, 0, "the first bytes are those of no image format we know"}};
  HeaderResult result = ReadStructure(*format, HostileBytes(bytes));
  if (!result.header) return result;
  const ImageHeader& header = *result.header;
  if (header.width <= 0 || header.height <= 0) {
    if (result.judgement.verdict != Verdict::kCorrupt) {
      result.judgement = {Verdict::kCorrupt, -1,
                          fmt::format("{}: {}x{} pixels", FormatName(*format), header.width, header.height)};
    }
    result.header.reset();
    return result;
  }
  // A bomb stays one when it is cut off, damaged or of a kind we do not read.
  if (header.width > limits.max_pixels / header.height) {
    result.judgement = {Verdict::kBomb, -1,
                        fmt::format("{}: {}x{} pixels, at most {} are taken (--max-pixels)",
                                    FormatName(*format), header.width, header.height, limits.max_pixels)};
  }
  return result;
}

}  // namespace pixlake::image
