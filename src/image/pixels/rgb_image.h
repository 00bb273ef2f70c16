// Pixels of an 8-bit colour image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pixlake::image {

// Row-major, red, green, blue a byte each (sRGB as far as anyone said), no padding
// between rows. Borrows. The sizes stand first, so that braces cannot mean a GrayView
// as well.
struct RgbView {
  static constexpr uint32_t kChannels = 3;
  uint32_t width = 0;
  uint32_t height = 0;
  std::span<const uint8_t> pixels;  // 3 * width * height
};

struct RgbImage {
  static constexpr uint32_t kChannels = 3;
  std::vector<uint8_t> pixels;  // 3 * width * height
  uint32_t width = 0;
  uint32_t height = 0;

  RgbView view() const { return {width, height, pixels}; }
};

}  // namespace pixlake::image
