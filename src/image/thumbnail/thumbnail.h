// A small picture of an image, for contact sheets.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "image/pixels/rgb_image.h"

namespace pixlake::image {

// Decodes an image and makes it small enough that neither side is over `max_side`,
// keeping its shape; a smaller one keeps its size. Averages the pixels that become
// one. Transparent pixels are laid over middle grey, CMYK becomes RGB without a
// profile, of several frames the first is shown. It stands upright: turned and mirrored as
// EXIF's orientation, or XMP's where there is none, asks for.
//
// JPEG, PNG, TIFF, GIF, BMP, and WebP that is not animated. kUnsupported
// for other kinds, kOverBudget for more than `max_pixels`, kCorrupt for damage, also
// where a decoder could go on with what there is. kUsage for a `max_side` under 1.
// A decoder takes up to about 16 bytes a pixel of memory. Thread-safe.
Result<RgbImage> MakeThumbnail(std::span<const uint8_t> bytes, int max_side, int64_t max_pixels);

}  // namespace pixlake::image
