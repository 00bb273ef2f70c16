#include "image/pixels/half_blocks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "image/pixels/luma.h"

namespace pixlake::image {
namespace {

using Colour = std::array<uint8_t, 3>;

// Black below an odd last row.
Colour ColourAt(const GrayView& image, uint32_t x, uint32_t y) {
  const uint8_t light = y < image.height ? image.pixels[size_t{y} * image.width + x] : 0;
  return {light, light, light};
}

Colour ColourAt(const RgbView& image, uint32_t x, uint32_t y) {
  if (y >= image.height) return {};
  const uint8_t* pixel = &image.pixels[(size_t{y} * image.width + x) * 3];
  return {pixel[0], pixel[1], pixel[2]};
}

uint8_t LightAt(const GrayView& image, uint32_t x, uint32_t y) {
  return ColourAt(image, x, y)[0];
}

uint8_t LightAt(const RgbView& image, uint32_t x, uint32_t y) {
  const Colour colour = ColourAt(image, x, y);
  return Luma(colour[0], colour[1], colour[2]);
}

template <typename View>
std::string HalfBlocks(const View& image) {
  std::string text;
  for (uint32_t y = 0; y < image.height; y += 2) {
    Colour last_upper{}, last_lower{};
    for (uint32_t x = 0; x < image.width; ++x) {
      const Colour upper = ColourAt(image, x, y), lower = ColourAt(image, x, y + 1);
      if (x == 0 || upper != last_upper || lower != last_lower) {
        text += fmt::format("\033[38;2;{};{};{};48;2;{};{};{}m", upper[0], upper[1], upper[2], lower[0],
                            lower[1], lower[2]);
      }
      last_upper = upper;
      last_lower = lower;
      text += "\u2580";
    }
    text += "\033[0m\n";
  }
  return text;
}

template <typename View>
std::string Ascii(const View& image) {
  static constexpr std::string_view kShades = " .:-=+*#%@";
  std::string text;
  for (uint32_t y = 0; y < image.height; y += 2) {
    for (uint32_t x = 0; x < image.width; ++x) {
      const unsigned light = (unsigned{LightAt(image, x, y)} + LightAt(image, x, y + 1)) / 2;
      text.push_back(kShades[light * kShades.size() / 256]);
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text.push_back('\n');
  }
  return text;
}

}  // namespace

std::string RenderHalfBlocks(const GrayView& image) {
  return HalfBlocks(image);
}
std::string RenderHalfBlocks(const RgbView& image) {
  return HalfBlocks(image);
}
std::string RenderAscii(const GrayView& image) {
  return Ascii(image);
}
std::string RenderAscii(const RgbView& image) {
  return Ascii(image);
}

}  // namespace pixlake::image
