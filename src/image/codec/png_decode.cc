#include <memory>
#include <utility>

#include <fmt/format.h>
#include <spng.h>

#include "image/codec/png.h"
#include "image/pixels/luma.h"

namespace pixlake::image {
namespace {

Status Corrupt(int code) {
  return Error(ErrorCode::kCorrupt, std::string("decoding PNG: ") + spng_strerror(code));
}

}  // namespace

Result<GrayImage> DecodePngToGray(std::span<const uint8_t> png, int64_t max_pixels) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(0), spng_ctx_free);
  if (context == nullptr) return Error(ErrorCode::kOverBudget, "no memory for a PNG decoder");
  // Text and profile chunks of hostile size are dropped, not stored.
  spng_set_chunk_limits(context.get(), 1 << 20, 16 << 20);
  if (const int code = spng_set_png_buffer(context.get(), png.data(), png.size()); code != 0)
    return Corrupt(code);
  spng_ihdr header{};
  if (const int code = spng_get_ihdr(context.get(), &header); code != 0) return Corrupt(code);
  if (static_cast<int64_t>(header.width) > max_pixels / static_cast<int64_t>(header.height)) {
    return Error(ErrorCode::kOverBudget, fmt::format("decoding PNG: {}x{} pixels, at most {} are taken",
                                                     header.width, header.height, max_pixels));
  }
  const bool gray = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8;
  const int format = gray ? SPNG_FMT_G8 : SPNG_FMT_RGB8;
  size_t bytes = 0;
  if (const int code = spng_decoded_image_size(context.get(), format, &bytes); code != 0)
    return Corrupt(code);
  GrayImage image;
  image.width = header.width;
  image.height = header.height;
  image.pixels.resize(bytes);
  if (const int code = spng_decode_image(context.get(), image.pixels.data(), bytes, format, 0); code != 0)
    return Corrupt(code);
  // Reads on to IEND: only there is the last data chunk's CRC looked at.
  if (const int code = spng_decode_chunks(context.get()); code != 0) return Corrupt(code);
  if (gray) return image;
  const size_t pixels = size_t{header.width} * header.height;
  for (size_t i = 0; i < pixels; ++i) {
    image.pixels[i] = Luma(image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]);
  }
  image.pixels.resize(pixels);
  return image;
}

}  // namespace pixlake::image
