// Images as text, for terminals.
#pragma once

#include <string>

#include "image/pixels/gray_image.h"
#include "image/pixels/rgb_image.h"

namespace pixlake::image {

// Two pixel rows a line with U+2580 and 24-bit colours; each line ends with a colour
// reset. For terminals that know true colour.
std::string RenderHalfBlocks(const GrayView& image);
std::string RenderHalfBlocks(const RgbView& image);

// One character a pixel pair (" .:-=+*#%@" dark to light), no escape codes. For
// everything else.
std::string RenderAscii(const GrayView& image);
std::string RenderAscii(const RgbView& image);

}  // namespace pixlake::image
