#include "image/pixels/pixel_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "image/pixels/luma.h"

namespace pixlake::image {
namespace {

// Sums over the inner pixels of what two masks of 3 by 3 give.
struct MaskSums {
  int64_t laplacian = 0;
  int64_t laplacian_squared = 0;
  int64_t noise = 0;  // absolute values
  int64_t pixels = 0;
};

MaskSums SumsOf(const std::vector<uint8_t>& luma, size_t width, size_t height) {
  MaskSums sums;
  for (size_t y = 1; y + 1 < height; ++y) {
    const uint8_t* above = luma.data() + (y - 1) * width;
    const uint8_t* here = above + width;
    const uint8_t* below = here + width;
    for (size_t x = 1; x + 1 < width; ++x) {
      const int cross = above[x] + below[x] + here[x - 1] + here[x + 1];
      const int corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1];
      const int laplacian = cross - 4 * here[x];
      sums.laplacian += laplacian;
      sums.laplacian_squared += int64_t{laplacian} * laplacian;
      sums.noise += std::abs(corners - 2 * cross + 4 * here[x]);
    }
  }
  sums.pixels = static_cast<int64_t>((width - 2) * (height - 2));
  return sums;
}

}  // namespace

PixelStatistics StatisticsOf(const RgbView& picture) {
  PixelStatistics out;
  const size_t count = size_t{picture.width} * picture.height;
  if (count == 0) return out;
  std::vector<uint8_t> luma(count);
  std::vector<uint32_t> colours(size_t{16} * 16 * 16);
  std::array<uint64_t, PixelStatistics::kBins> bins{};
  uint64_t sum = 0;
  uint64_t squares = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t r = picture.pixels[3 * i], g = picture.pixels[3 * i + 1], b = picture.pixels[3 * i + 2];
    luma[i] = Luma(r, g, b);
    sum += luma[i];
    squares += uint64_t{luma[i]} * luma[i];
    ++colours[(size_t{r} >> 4) << 8 | (size_t{g} >> 4) << 4 | size_t{b} >> 4];
    ++bins[(size_t{r} >> 6) << 4 | (size_t{g} >> 6) << 2 | size_t{b} >> 6];
  }
  const auto pixels = static_cast<double>(count);
  const double mean = static_cast<double>(sum) / pixels;
  out.brightness = mean / 255;
  out.contrast = std::sqrt(std::max(0.0, static_cast<double>(squares) / pixels - mean * mean)) / 255;
  out.uniform_share = *std::max_element(colours.begin(), colours.end()) / pixels;
  for (size_t i = 0; i < bins.size(); ++i)
    out.histogram[i] = static_cast<float>(static_cast<double>(bins[i]) / pixels);
  if (picture.width < 3 || picture.height < 3) return out;
  const MaskSums sums = SumsOf(luma, picture.width, picture.height);
  const auto inner = static_cast<double>(sums.pixels);
  const double laplacian = static_cast<double>(sums.laplacian) / inner;
  out.sharpness = std::max(0.0, static_cast<double>(sums.laplacian_squared) / inner - laplacian * laplacian);
  out.noise = std::sqrt(std::numbers::pi / 2) / 6 * static_cast<double>(sums.noise) / inner;
  return out;
}

}  // namespace pixlake::image
