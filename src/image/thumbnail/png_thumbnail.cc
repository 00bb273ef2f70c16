// PNG by libspng.
#include <memory>

#include <fmt/format.h>
#include <spng.h>

#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

using Context = std::unique_ptr<spng_ctx, void (*)(spng_ctx*)>;

Status Failure(int code) {
  const bool memory = code == SPNG_EMEM;
  return Error(memory ? ErrorCode::kOverBudget : ErrorCode::kCorrupt,
               std::string("decoding PNG: ") + spng_strerror(code));
}

// Rows come in order, so that one is enough.
int ReadRows(spng_ctx* context, Size size, BoxScale* scale) {
  std::vector<uint8_t> rgba(size_t{size.width} * 4), rgb(size_t{size.width} * 3);
  if (const int code =
          spng_decode_image(context, nullptr, 0, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
      code != 0)
    return code;
  for (uint32_t y = 0; y < size.height; ++y) {
    const int code = spng_decode_row(context, rgba.data(), rgba.size());
    if (code != 0 && (code != SPNG_EOI || y + 1 != size.height)) return code;
    FlattenRow(rgba.data(), size.width, rgb.data());
    scale->AddRow(rgb.data());
  }
  return 0;
}

// An interlaced image is complete only at its end.
int ReadInterlaced(spng_ctx* context, Size size, BoxScale* scale) {
  std::vector<uint8_t> rgba(size_t{size.width} * size.height * 4), rgb(size_t{size.width} * 3);
  const int code = spng_decode_image(context, rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
  if (code != 0) return code;
  for (uint32_t y = 0; y < size.height; ++y) {
    FlattenRow(&rgba[size_t{y} * size.width * 4], size.width, rgb.data());
    scale->AddRow(rgb.data());
  }
  return 0;
}

}  // namespace

Result<RgbImage> ThumbnailOfPng(const ThumbnailTask& task) {
  const Context context(spng_ctx_new(0), spng_ctx_free);
  if (context == nullptr) return Error(ErrorCode::kOverBudget, "no memory for a PNG decoder");
  // Text and profile chunks of hostile size are dropped, not stored; damage in them is
  // no damage to pixels.
  spng_set_chunk_limits(context.get(), 1 << 20, 16 << 20);
  spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
  spng_ihdr header{};
  int code = spng_set_png_buffer(context.get(), task.bytes.data(), task.bytes.size());
  if (code == 0) code = spng_get_ihdr(context.get(), &header);
  if (code != 0) return Failure(code);
  const Size size{header.width, header.height};
  BoxScale scale(size, FitWithin(size, task.max_side));
  code = header.interlace_method == 0 ? ReadRows(context.get(), size, &scale)
                                      : ReadInterlaced(context.get(), size, &scale);
  if (code != 0) return Failure(code);
  return scale.Finish();
}

}  // namespace pixlake::image
