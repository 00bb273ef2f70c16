// GIF89a Specification (CompuServe, 1990), which includes GIF87a.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "image/header/header_internal.h"

namespace pixlake::image {
namespace {

// Encoders fill their sub-blocks of 255 bytes; more than these in a file (4 GB when
// full) only cost time.
constexpr int kMostSubBlocks = 1 << 24;
// Other bytes than 00 between blocks, which after damage are many.
constexpr int kMostStray = 16;
constexpr uint8_t kExtension = 0x21, kImage = 0x2C, kTrailer = 0x3B, kGraphicControl = 0xF9;

// 15. Data sub-blocks: each a size and so many bytes, ended by a size of 0. Returns
// the position behind, 0 when the file ends before or `budget` does.
uint64_t SkipSubBlocks(const HostileBytes& bytes, uint64_t position, int* budget) {
  while (bytes.Has(position, 1) && --*budget > 0) {
    const uint64_t size = bytes.Byte(position);
    position += 1 + size;
    if (size == 0) return position;
  }
  return 0;
}

// Bytes of a colour table whose packed field is `packed` (18c, 20c).
uint64_t ColourTableBytes(uint8_t packed) {
  return (packed & 0x80) == 0 ? 0 : uint64_t{3} << ((packed & 7) + 1);
}

}  // namespace

// 18. Logical screen descriptor, 20. image descriptor, 23. graphic control extension,
// 27. trailer. The size is that of the screen, enlarged to what the first image
// covers, as browsers and Pillow have it.
HeaderResult ReadGifHeader(const HostileBytes& bytes) {
  if (!bytes.Has(0, 13)) return {{}, TruncatedAt(bytes, "GIF: the file ends within the screen descriptor")};
  ImageHeader header{ImageFormat::kGif, bytes.Little16(6), bytes.Little16(8), 3, 8};
  const Judgement truncated = TruncatedAt(bytes, "GIF: the file ends before the trailer");
  uint64_t position = 13 + ColourTableBytes(bytes.Byte(10));
  bool transparent = false, image = false;
  int budget = kMostSubBlocks, stray = 0;
  std::vector<Irregularity> irregular;
  while (bytes.Has(position, 1)) {
    const uint8_t kind = bytes.Byte(position);
    if (kind == kTrailer) {
      if (!image) return {{}, CorruptAt(position, "GIF: no image before the trailer")};
      return {header, {}, std::move(irregular)};
    }
    if (kind == kExtension) {
      if (!bytes.Has(position, 3)) return {header, truncated};
      const bool control = bytes.Byte(position + 1) == kGraphicControl && bytes.Byte(position + 2) == 4;
      if (control && bytes.Has(position, 4)) transparent = (bytes.Byte(position + 3) & 1) != 0;
      position = SkipSubBlocks(bytes, position + 2, &budget);
    } else if (kind == kImage) {
      if (!bytes.Has(position, 10)) return {header, truncated};
      const uint8_t packed = bytes.Byte(position + 9);
      if (!image) {
        header.width =
            std::max<int64_t>(header.width, bytes.Little16(position + 1) + bytes.Little16(position + 5));
        header.height =
            std::max<int64_t>(header.height, bytes.Little16(position + 3) + bytes.Little16(position + 7));
        header.channels = transparent ? 4 : 3;
        if (bytes.Little16(position + 5) == 0 || bytes.Little16(position + 7) == 0) {
          return {header, CorruptAt(position, "GIF: an image without pixels")};
        }
      }
      image = true;
      transparent = false;
      const uint64_t code_size = position + 10 + ColourTableBytes(packed);
      // 22. The minimum code size is that of the colours, 2 to 8; 11 is what LZW can.
      if (bytes.Has(code_size, 1) && (bytes.Byte(code_size) < 1 || bytes.Byte(code_size) > 11)) {
        return {header,
                CorruptAt(code_size, fmt::format("GIF: LZW codes of {} bits", bytes.Byte(code_size)))};
      }
      position = SkipSubBlocks(bytes, code_size + 1, &budget);
    } else {
      // GIF87a, "Bytes between blocks are ignored"; GIF89a has none, and decoders go on all the same.
      stray += kind != 0 ? 1 : 0;
      if (stray > kMostStray) {
        return {header, CorruptAt(position, fmt::format("GIF: {:02X} begins no block", kind))};
      }
      if (irregular.empty()) AddIrregularity(position, "GIF: bytes between blocks", &irregular);
      ++position;
    }
    if (budget <= 0) return {header, UnsupportedAt(-1, "GIF: more than 2^24 data sub-blocks")};
    if (position == 0) break;
  }
  return {header, truncated};
}

}  // namespace pixlake::image
