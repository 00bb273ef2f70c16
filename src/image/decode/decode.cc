#include "image/decode/decode.h"

#include <utility>

#include <fmt/format.h>

#include "image/decode/decode_internal.h"

namespace pixlake::image {
namespace {

Result<DecodeResult> DecodeFormat(const DecodeTask& task) {
  switch (task.header.format) {
    case ImageFormat::kJpeg:
      return DecodeJpeg(task);
    case ImageFormat::kPng:
      return DecodePng(task);
    case ImageFormat::kTiff:
      return DecodeTiff(task);
    case ImageFormat::kGif:
      return DecodeGif(task);
    case ImageFormat::kBmp:
      return DecodeBmp(task);
    case ImageFormat::kWebp:
      return DecodeWebp(task);
    case ImageFormat::kHeif:
    case ImageFormat::kAvif:
      break;
  }
  return DecodeResult{
      {Verdict::kUnsupported, 0,
       fmt::format("{} is known by its header and not decoded", FormatName(task.header.format))},
      0};
}

}  // namespace

Result<DecodeResult> DecodePixels(std::span<const uint8_t> bytes, const DecodeBudget& budget, RowSink* sink) {
  const Deadline deadline(budget.max_time);
  HeaderResult header = ReadHeader(bytes, {budget.max_pixels});
  if (!header.header || header.judgement.verdict != Verdict::kOk) {
    return DecodeResult{std::move(header.judgement), 0};
  }
  return DecodeFormat({bytes, *header.header, budget, deadline, sink});
}

}  // namespace pixlake::image
