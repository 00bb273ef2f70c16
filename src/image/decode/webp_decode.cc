// WebP by libwebp.
#include <vector>

#include <webp/decode.h>

#include "image/decode/decode_internal.h"

namespace pixlake::image {
namespace {

Judgement Failure(VP8StatusCode code, const DecodeTask& task, int64_t frame) {
  static constexpr std::string_view kReasons[] = {
      "",          "no memory", "wrong parameter",    "damaged data", "a kind that is not decoded",
      "suspended", "cancelled", "the data ends early"};
  const auto index = static_cast<size_t>(code);
  const std::string message = fmt::format("WebP, frame {}: {}", frame + 1,
                                          index < std::size(kReasons) ? kReasons[index] : "unknown error");
  if (code == VP8_STATUS_UNSUPPORTED_FEATURE) return {Verdict::kUnsupported, -1, message};
  if (code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED) {
    return TruncatedAt(HostileBytes(task.bytes), message);
  }
  return {Verdict::kCorrupt, -1, message};
}

// One picture: a whole file without animation, or a frame's chunks.
Result<Judgement> DecodePicture(std::span<const uint8_t> bytes, const DecodeTask& task, int64_t frame,
                                RowSink* sink) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return Error(ErrorCode::kInternal, "libwebp of another version");
  if (const auto code = WebPGetFeatures(bytes.data(), bytes.size(), &config.input); code != VP8_STATUS_OK) {
    return Failure(code, task, frame);
  }
  const auto width = static_cast<uint32_t>(config.input.width),
             height = static_cast<uint32_t>(config.input.height);
  // A damaged VP8X may say another size than the image in it.
  if (width == 0 || height == 0 || width > task.budget.max_pixels / height) {
    return Judgement{Verdict::kBomb, -1,
                     fmt::format("WebP: {}x{} pixels, at most {} are taken (--max-pixels)", width, height,
                                 task.budget.max_pixels)};
  }
  // Lossless images are held whole by the decoder, and so is what it gives.
  const uint64_t pixels = uint64_t{width} * height;
  const uint64_t memory = pixels * ((config.input.format == 2 ? 8u : 1u) + (sink != nullptr ? 4u : 0u));
  if (memory > static_cast<uint64_t>(task.budget.max_memory)) {
    return TooMuchMemory("WebP", memory, task.budget.max_memory);
  }
  const bool alpha = config.input.has_alpha != 0;
  const PixelLayout layout{width, height, alpha ? 4 : 3, 8};
  // Nobody wants the pixels: all are decoded, and made small as they come.
  const uint32_t out_width = sink == nullptr ? (width + 7) / 8 : width;
  const uint32_t out_height = sink == nullptr ? (height + 7) / 8 : height;
  const size_t stride = size_t{out_width} * static_cast<size_t>(layout.channels);
  std::vector<uint8_t> out(stride * out_height);
  config.options.use_scaling = sink == nullptr ? 1 : 0;
  config.options.scaled_width = static_cast<int>(out_width);
  config.options.scaled_height = static_cast<int>(out_height);
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {out.data(), static_cast<int>(stride), out.size()};
  const auto code = WebPDecode(bytes.data(), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code == VP8_STATUS_OUT_OF_MEMORY) return Error(ErrorCode::kOverBudget, "no memory for a WebP decoder");
  if (code != VP8_STATUS_OK) return Failure(code, task, frame);
  if (sink != nullptr) {
    PL_RETURN_NOT_OK(sink->Begin(layout));
    for (uint32_t y = 0; y < height; ++y) sink->Row(&out[y * stride]);
  }
  return Judgement{};
}

// RFC 9649, 2.7.1.1: ANMF chunks, each a frame's place (16 bytes) and then its chunks as
// a file without animation has them.
Result<DecodeResult> DecodeAnimation(const DecodeTask& task) {
  const HostileBytes bytes(task.bytes);
  DecodeResult result;
  const uint64_t end = std::min<uint64_t>(bytes.size(), uint64_t{bytes.Little32(4)} + 8);
  uint64_t position = 12;
  while (position + 8 <= end) {
    const uint64_t size = bytes.Little32(position + 4);
    const bool frame = bytes.Little32(position) == 0x464D4E41;  // "ANMF"
    if (!bytes.Has(position + 8, size)) {
      result.judgement =
          TruncatedAt(bytes, fmt::format("WebP: the file ends within the chunk at byte {}", position));
      return result;
    }
    if (frame && size > 16) {
      PL_ASSIGN_OR_RETURN(result.judgement,
                          DecodePicture(task.bytes.subspan(position + 24, size - 16), task, result.frames,
                                        result.frames == 0 ? task.sink : nullptr));
      if (result.judgement.verdict != Verdict::kOk) return result;
      ++result.frames;
      if (task.sink != nullptr) return result;
      if (task.deadline.Passed()) {
        result.judgement = task.deadline.Exceeded();
        return result;
      }
    }
    position += 8 + size + (size & 1);
  }
  if (result.frames == 0) result.judgement = CorruptAt(12, "WebP: an animation without frames");
  return result;
}

}  // namespace

Result<DecodeResult> DecodeWebp(const DecodeTask& task) {
  WebPBitstreamFeatures features;
  const auto code = WebPGetFeatures(task.bytes.data(), task.bytes.size(), &features);
  if (code != VP8_STATUS_OK) return DecodeResult{Failure(code, task, 0), 0};
  if (features.has_animation != 0) return DecodeAnimation(task);
  PL_ASSIGN_OR_RETURN(Judgement judgement, DecodePicture(task.bytes, task, 0, task.sink));
  const int64_t frames = judgement.verdict == Verdict::kOk ? 1 : 0;
  return DecodeResult{std::move(judgement), frames};
}

}  // namespace pixlake::image
