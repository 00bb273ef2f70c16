// Microsoft's bitmap storage (wingdi.h): modes, and the profile of BITMAPV5HEADER.
#include <algorithm>
#include <array>

#include "image/metadata/metadata_internal.h"

namespace pixlake::image {
namespace {

constexpr uint64_t kFileHeader = 14;
constexpr uint32_t kBitFields = 3;
constexpr uint32_t kEmbeddedProfile = 0x4D424544;  // "MBED"

// Pillow's rule: a table in which each colour is its index's grey is none, and one of
// two colours then bilevel.
std::string_view PaletteMode(const HostileBytes& bytes, uint64_t table, uint64_t padding, uint64_t colours) {
  for (uint64_t i = 0; i < colours; ++i) {
    const uint64_t grey = colours == 2 ? 255 * i : i;
    const uint64_t at = table + padding * i;
    if (!bytes.Has(at, 3)) return "P";
    for (uint64_t k = 0; k < 3; ++k) {
      if (bytes.Byte(at + k) != grey) return "P";
    }
  }
  return colours <= 2 ? "1" : "L";
}

// Masks with alpha that Pillow has a mode for: blue, green, red and alpha in these orders.
bool HasAlpha(const std::array<uint32_t, 4>& masks) {
  static constexpr std::array<std::array<uint32_t, 4>, 5> kWithAlpha{{
      {0xFF000000, 0xFF0000, 0xFF00, 0xFF},
      {0xFF, 0xFF00, 0xFF0000, 0xFF000000},
      {0xFF0000, 0xFF00, 0xFF, 0xFF000000},
      {0xFF000000, 0xFF00, 0xFF, 0xFF0000},
      {0, 0, 0, 0},
  }};
  return std::find(kWithAlpha.begin(), kWithAlpha.end(), masks) != kWithAlpha.end();
}

}  // namespace

// BITMAPCOREHEADER and BITMAPINFOHEADER: bits a pixel, compression, colours used.
void ReadBmpMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  if (!metadata->header || !bytes.Has(kFileHeader, 16)) return;
  const uint64_t size = bytes.Little32(14);
  const bool core = size == 12;
  const int bits = core ? bytes.Little16(24) : bytes.Little16(28);
  const uint32_t compression = core || !bytes.Has(30, 4) ? 0 : bytes.Little32(30);
  if (bits == 1 || bits == 4 || bits == 8) {
    uint64_t colours = core || !bytes.Has(46, 4) ? 0 : bytes.Little32(46);
    if (colours == 0) colours = uint64_t{1} << bits;
    metadata->mode =
        colours > 65536 ? std::string_view() : PaletteMode(bytes, kFileHeader + size, core ? 3 : 4, colours);
  } else if (bits == 16 || bits == 24 || bits == 32) {
    metadata->mode = "RGB";
    if (bits == 32 && compression == kBitFields && bytes.Has(54, 16)) {
      // A fourth mask is the header's own only where the header is long enough.
      const uint32_t alpha = size >= 56 ? bytes.Little32(66) : 0;
      if (HasAlpha({bytes.Little32(54), bytes.Little32(58), bytes.Little32(62), alpha}))
        metadata->mode = "RGBA";
    }
  }
  if (size == 124 && bytes.Has(kFileHeader, size) && bytes.Little32(kFileHeader + 56) == kEmbeddedProfile) {
    const uint64_t at = kFileHeader + bytes.Little32(kFileHeader + 112);
    const uint64_t profile = bytes.Little32(kFileHeader + 116);
    if (bytes.Has(at, profile)) ReadIcc(Part(bytes, at, profile), static_cast<int64_t>(at), metadata);
  }
}

}  // namespace pixlake::image
