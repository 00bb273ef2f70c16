// What the pixels of an image are like, in numbers.
#pragma once

#include <array>

#include "image/pixels/rgb_image.h"

namespace pixlake::image {

// Of a picture of at least one pixel; luma is BT.601 of 0 to 255.
struct PixelStatistics {
  static constexpr int kLevels = 4;  // of each colour
  static constexpr size_t kBins = 64;

  double brightness = 0;  // mean luma, 0 black to 1 white
  double contrast = 0;    // standard deviation of luma, 0 to 0.5
  // Variance of luma's Laplacian (4 neighbours; Pech-Pacheco et al., 2000), in squared levels: below about
  // 100 a photograph looks blurred. 0 where a side is under 3 pixels.
  double sharpness = 0;
  // Standard deviation of noise, in levels (Immerkær, 1996). 0 where a side is under 3 pixels.
  double noise = 0;
  double uniform_share = 0;  // of pixels of the most frequent colour, of 16 levels of each channel
  // Shares of colours in the order red, green, blue, of 4 levels each; they add up to 1.
  std::array<float, kBins> histogram{};
};

PixelStatistics StatisticsOf(const RgbView& picture);

}  // namespace pixlake::image
