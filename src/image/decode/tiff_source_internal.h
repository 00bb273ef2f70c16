// libtiff over bytes in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <tiffio.h>

namespace pixlake::image {

// What libtiff reads from, and the first error it had and the first warning that pixels may be lost.
struct TiffSource {
  std::span<const uint8_t> bytes;
  uint64_t position = 0;
  std::string error;
  std::string warning;
};

using TiffHandle = std::unique_ptr<TIFF, void (*)(TIFF*)>;

// Null when there is no TIFF. `source` must outlive it; no single piece of memory is
// larger than `max_alloc` bytes.
TiffHandle OpenTiff(TiffSource* source, int64_t max_alloc);

}  // namespace pixlake::image
