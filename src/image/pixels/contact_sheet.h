// Many small images on one.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "image/pixels/gray_image.h"
#include "image/pixels/rgb_image.h"

namespace pixlake::image {

struct ContactSheetOptions {
  uint32_t columns = 0;      // 0: as square as may be
  uint32_t cell_width = 0;   // pixels; 0: the largest image's
  uint32_t cell_height = 0;  // likewise
  uint32_t scale = 1;        // each pixel becomes scale x scale
  uint32_t gap = 2;          // pixels between cells and around
  uint8_t background = 96;
};

// Lays images out row by row, each centred in its cell and cut to it. kUsage for
// no image, kOverBudget for a sheet of more than 2^28 bytes.
Result<GrayImage> MakeContactSheet(std::span<const GrayImage> images, const ContactSheetOptions& options);
Result<RgbImage> MakeContactSheet(std::span<const RgbImage> images, const ContactSheetOptions& options);

}  // namespace pixlake::image
