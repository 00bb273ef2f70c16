// PNG by libspng.
#include <memory>

#include <fmt/format.h>
#include <spng.h>

#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

using Context = std::unique_ptr<spng_ctx, void (*)(spng_ctx*)>;

Status Failure(int code) {
  const bool budget = code == SPNG_EMEM || code == SPNG_ECHUNK_LIMITS;
  return Error(budget ? ErrorCode::kOverBudget : ErrorCode::kCorrupt,
               std::string("decoding PNG: ") + spng_strerror(code));
}

// What rows are decoded to, and through.
struct RowFormat {
  Size size;
  bool alpha = false;

  int format() const { return alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8; }
  int flags() const { return alpha ? SPNG_DECODE_TRNS : 0; }
  size_t bytes() const { return size_t{size.width} * (alpha ? 4 : 3); }
};

// `scratch` holds a row of RGB when there is alpha.
void AddRow(const RowFormat& rows, const uint8_t* row, uint8_t* scratch, BoxScale* scale) {
  if (rows.alpha) FlattenRow(row, rows.size.width, scratch);
  scale->AddRow(rows.alpha ? scratch : row);
}

// Rows come in order, so that one is enough.
int ReadRows(spng_ctx* context, const RowFormat& rows, BoxScale* scale) {
  std::vector<uint8_t> row(rows.bytes()), rgb(size_t{rows.size.width} * 3);
  int code = spng_decode_image(context, nullptr, 0, rows.format(), rows.flags() | SPNG_DECODE_PROGRESSIVE);
  for (uint32_t y = 0; code == 0 && y < rows.size.height; ++y) {
    code = spng_decode_row(context, row.data(), row.size());
    if (code == SPNG_EOI && y + 1 == rows.size.height) code = 0;
    if (code == 0) AddRow(rows, row.data(), rgb.data(), scale);
  }
  return code;
}

// An interlaced image is complete only at its end.
int ReadInterlaced(spng_ctx* context, const RowFormat& rows, BoxScale* scale) {
  std::vector<uint8_t> image(rows.bytes() * rows.size.height), rgb(size_t{rows.size.width} * 3);
  const int code = spng_decode_image(context, image.data(), image.size(), rows.format(), rows.flags());
  if (code != 0) return code;
  for (uint32_t y = 0; y < rows.size.height; ++y) AddRow(rows, &image[y * rows.bytes()], rgb.data(), scale);
  return 0;
}

}  // namespace

Result<RgbImage> ThumbnailOfPng(const ThumbnailTask& task) {
  const Context context(spng_ctx_new(0), spng_ctx_free);
  if (context == nullptr) return Error(ErrorCode::kOverBudget, "no memory for a PNG decoder");
  // Text that inflates without end ends decoding; damage in chunks that are not needed
  // is no damage to pixels.
  spng_set_chunk_limits(context.get(), 1 << 20, 16 << 20);
  spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
  spng_ihdr header{};
  int code = spng_set_png_buffer(context.get(), task.bytes.data(), task.bytes.size());
  if (code == 0) code = spng_get_ihdr(context.get(), &header);
  if (code != 0) return Failure(code);
  const Size size{header.width, header.height};
  BoxScale scale(size, FitWithin(size, task.max_side));
  const RowFormat rows{size, task.header.channels == 2 || task.header.channels == 4};
  code = header.interlace_method == 0 ? ReadRows(context.get(), rows, &scale)
                                      : ReadInterlaced(context.get(), rows, &scale);
  if (code != 0) return Failure(code);
  return scale.Finish();
}

}  // namespace pixlake::image
