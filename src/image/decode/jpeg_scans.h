// How many scans a JPEG may have.
#pragma once

namespace pixlake::image {

// Photographs have about 10. A hostile file repeats them, each over all pixels; whoever checks and
// whoever shows an image draw the same line, so that what is called whole can be seen.
constexpr int kMostJpegScans = 512;

}  // namespace pixlake::image
