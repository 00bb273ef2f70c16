// PNG decoding within a pixel budget; what decodes is encoded and decoded again.
#include <cstdlib>

#include "image/codec/png.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = pixlake::image::DecodePngToGray({data, size}, 1 << 20);
  if (!image.ok()) return 0;
  auto encoder = pixlake::image::PngEncoder::Make(1).ValueOrDie();
  std::vector<uint8_t> png;
  if (!encoder.Encode(image->view(), &png).ok()) std::abort();
  const auto again = pixlake::image::DecodePngToGray(png);
  if (!again.ok() || again->pixels != image->pixels) std::abort();
  return 0;
}
