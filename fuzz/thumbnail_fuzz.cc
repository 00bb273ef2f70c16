// Thumbnails of any bytes: the decoders behind them within a pixel budget.
#include <cstdlib>

#include "image/thumbnail/thumbnail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = pixlake::image::MakeThumbnail({data, size}, 32, 1 << 18);
  if (!image.ok()) return 0;
  if (image->width < 1 || image->width > 32 || image->height < 1 || image->height > 32) std::abort();
  if (image->pixels.size() != size_t{image->width} * image->height * 3) std::abort();
  return 0;
}
