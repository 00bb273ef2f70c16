// WebP by libwebp, which scales while it decodes.
#include <fmt/format.h>
#include <webp/decode.h>

#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

Status Failure(VP8StatusCode code) {
  static constexpr std::string_view kReasons[] = {
      "",          "no memory", "wrong parameter",    "damaged data", "an animation",
      "suspended", "cancelled", "the data ends early"};
  const auto index = static_cast<size_t>(code);
  const std::string_view reason = index < std::size(kReasons) ? kReasons[index] : "unknown";
  const ErrorCode kind = code == VP8_STATUS_OUT_OF_MEMORY         ? ErrorCode::kOverBudget
                         : code == VP8_STATUS_UNSUPPORTED_FEATURE ? ErrorCode::kUnsupported
                                                                  : ErrorCode::kCorrupt;
  return Error(kind, fmt::format("decoding WebP: {}", reason));
}

}  // namespace

Result<RgbImage> ThumbnailOfWebp(const ThumbnailTask& task) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return Error(ErrorCode::kInternal, "libwebp of another version");
  if (const auto code = WebPGetFeatures(task.bytes.data(), task.bytes.size(), &config.input);
      code != VP8_STATUS_OK)
    return Failure(code);
  if (config.input.has_animation != 0) return Failure(VP8_STATUS_UNSUPPORTED_FEATURE);
  const Size size{static_cast<uint32_t>(config.input.width), static_cast<uint32_t>(config.input.height)};
  // A damaged VP8X may say another size than the image in it.
  if (size.width > task.max_pixels / size.height)
    return Error(ErrorCode::kOverBudget, "decoding WebP: too large");
  const Size wanted = FitWithin(size, task.max_side);
  std::vector<uint8_t> rgba(size_t{wanted.width} * wanted.height * 4);
  config.options.use_scaling = wanted.width != size.width || wanted.height != size.height ? 1 : 0;
  config.options.scaled_width = static_cast<int>(wanted.width);
  config.options.scaled_height = static_cast<int>(wanted.height);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {rgba.data(), static_cast<int>(wanted.width * 4), rgba.size()};
  const auto code = WebPDecode(task.bytes.data(), task.bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return Failure(code);
  RgbImage image{std::vector<uint8_t>(rgba.size() / 4 * 3), wanted.width, wanted.height};
  FlattenRow(rgba.data(), rgba.size() / 4, image.pixels.data());
  return image;
}

}  // namespace pixlake::image
