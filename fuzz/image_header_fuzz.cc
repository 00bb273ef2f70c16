// Headers of every image format: any bytes give a verdict, and "ok" keeps its promises.
#include <cstdlib>

#include "image/header/image_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using pixlake::image::Verdict;
  constexpr int64_t kMostPixels = 1 << 20;
  const auto [header, judgement] = pixlake::image::ReadHeader({data, size}, {kMostPixels});
  if (header && (header->width < 1 || header->height < 1)) std::abort();
  if (judgement.verdict == Verdict::kOk) {
    if (!header || header->width > kMostPixels / header->height || header->channels < 1 ||
        header->bit_depth < 1)
      std::abort();
  } else if (judgement.message.empty()) {
    std::abort();
  }
  if (pixlake::image::GuessMimeType({data, size}, "fuzz.jpg").empty()) std::abort();
  return 0;
}
