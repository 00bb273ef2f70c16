// Pixels of an 8-bit grayscale image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pixlake::image {

// Row-major, one byte a pixel, 0 black, no padding between rows. Borrows.
struct GrayView {
  static constexpr uint32_t kChannels = 1;
  std::span<const uint8_t> pixels;  // width * height
  uint32_t width = 0;
  uint32_t height = 0;
};

struct GrayImage {
  static constexpr uint32_t kChannels = 1;
  std::vector<uint8_t> pixels;  // width * height
  uint32_t width = 0;
  uint32_t height = 0;

  GrayView view() const { return {pixels, width, height}; }
};

}  // namespace pixlake::image
