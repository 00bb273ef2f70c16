#include "image/pixels/half_blocks.h"

#include <fmt/format.h>

namespace pixlake::image {
namespace {

uint8_t PixelAt(const GrayView& image, uint32_t x, uint32_t y) {
  return y < image.height ? image.pixels[size_t{y} * image.width + x] : 0;
}

}  // namespace

std::string RenderHalfBlocks(const GrayView& image) {
  std::string text;
  for (uint32_t y = 0; y < image.height; y += 2) {
    int last = -1;
    for (uint32_t x = 0; x < image.width; ++x) {
      const int upper = PixelAt(image, x, y), lower = PixelAt(image, x, y + 1);
      const int both = upper << 8 | lower;
      if (both != last) text += fmt::format("\033[38;2;{0};{0};{0};48;2;{1};{1};{1}m", upper, lower);
      last = both;
      text += "\u2580";
    }
    text += "\033[0m\n";
  }
  return text;
}

std::string RenderAscii(const GrayView& image) {
  static constexpr std::string_view kShades = " .:-=+*#%@";
  std::string text;
  for (uint32_t y = 0; y < image.height; y += 2) {
    for (uint32_t x = 0; x < image.width; ++x) {
      const unsigned light = (unsigned{PixelAt(image, x, y)} + PixelAt(image, x, y + 1)) / 2;
      text.push_back(kShades[light * kShades.size() / 256]);
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text.push_back('\n');
  }
  return text;
}

}  // namespace pixlake::image
