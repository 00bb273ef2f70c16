// The brightness of a colour.
#pragma once

#include <cstdint>

namespace pixlake::image {

// BT.601 luma in 16 bits, rounded; what Pillow's convert("L") gives.
constexpr uint8_t Luma(uint8_t r, uint8_t g, uint8_t b) {
  return static_cast<uint8_t>((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16);
}

}  // namespace pixlake::image
