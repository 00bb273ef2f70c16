// Microsoft's bitmap storage (wingdi.h: BITMAPFILEHEADER, BITMAPCOREHEADER,
// BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER) and OS/2's BITMAPINFOHEADER2.
#include <algorithm>

#include <fmt/format.h>

#include "image/header/header_internal.h"

namespace pixlake::image {
namespace {

constexpr uint64_t kFileHeader = 14;
enum Compression : uint32_t {
  kRgb = 0,
  kRle8 = 1,
  kRle4 = 2,
  kBitFields = 3,
  kJpeg = 4,
  kPng = 5,
  kAlphaBitFields = 6
};

struct Info {
  int64_t width = 0;
  int64_t height = 0;  // negative: rows from the top down
  int planes = 0;
  int bits = 0;
  uint32_t compression = kRgb;
  bool os2 = false;  // where 3 and 4 are Huffman 1D and RLE24
  bool alpha = false;
};

// BITMAPCOREHEADER has 16-bit sizes, all others begin as BITMAPINFOHEADER does; OS/2's
// may be cut off anywhere after its bits a pixel, the rest being zero.
Info ReadInfo(const HostileBytes& bytes, uint32_t size) {
  Info info;
  if (size == 12) {
    info.width = bytes.Little16(18);
    info.height = bytes.Little16(20);
    info.planes = bytes.Little16(22);
    info.bits = bytes.Little16(24);
    return info;
  }
  info.width = static_cast<int32_t>(bytes.Little32(18));
  info.height = static_cast<int32_t>(bytes.Little32(22));
  info.planes = bytes.Little16(26);
  info.bits = bytes.Little16(28);
  if (size >= 20) info.compression = bytes.Little32(30);
  info.os2 = size != 40 && size != 52 && size != 56 && size < 108;
  // The alpha mask is the 4th, within headers that have one, else behind the header.
  if (info.compression == kBitFields || info.compression == kAlphaBitFields) {
    const bool has_mask = size >= 56 ? !info.os2 : info.compression == kAlphaBitFields;
    info.alpha = has_mask && bytes.Has(66, 4) && bytes.Little32(66) != 0;
  }
  return info;
}

std::optional<Judgement> CheckKind(const Info& info) {
  const auto one_of = [&](std::initializer_list<int> depths) {
    return std::find(depths.begin(), depths.end(), info.bits) != depths.end();
  };
  if (info.planes != 1) return CorruptAt(26, fmt::format("BMP: {} planes", info.planes));
  bool legal = false;
  switch (info.compression) {
    case kRgb:
      // GDI+ keeps 13 bits and a sign of each linear sample; bmpsuite calls it questionable, not bad.
      if (info.bits == 64) return UnsupportedAt(28, "BMP: 64 bits a pixel");
      legal = one_of({1, 2, 4, 8, 16, 24, 32});
      break;
    case kRle8:
      legal = info.bits == 8;
      break;
    case kRle4:
      legal = info.bits == 4;
      break;
    case kBitFields:
    case kAlphaBitFields:
      if (info.os2) return UnsupportedAt(30, "BMP: OS/2's Huffman coding");
      legal = one_of({16, 32});
      break;
    case kJpeg:
      if (info.os2) return UnsupportedAt(30, "BMP: OS/2's RLE24");
      return UnsupportedAt(30, "BMP: holds a JPEG for a printer");
    case kPng:
      return UnsupportedAt(30, "BMP: holds a PNG for a printer");
    default:
      return UnsupportedAt(30, fmt::format("BMP: compression {}", info.compression));
  }
  if (!legal)
    return CorruptAt(28, fmt::format("BMP: {} bits a pixel in compression {}", info.bits, info.compression));
  return std::nullopt;
}

}  // namespace

// Bitmap storage: file header, information header, masks and colours, pixels at
// bfOffBits. Rows of uncompressed pixels are padded to 4 bytes.
HeaderResult ReadBmpHeader(const HostileBytes& bytes) {
  const uint64_t pixels = bytes.Little32(10);
  const uint32_t size = bytes.Little32(14);
  if (!bytes.Has(kFileHeader, size)) return {{}, TruncatedAt(bytes, "BMP: the file ends within the header")};
  const Info info = ReadInfo(bytes, size);
  const ImageHeader header{ImageFormat::kBmp, info.width, info.height < 0 ? -info.height : info.height,
                           info.alpha ? 4 : 3, 8};
  if (header.width <= 0 || header.height <= 0) return {header, {}};
  if (auto judgement = CheckKind(info)) return {header, *std::move(judgement)};
  if (pixels < kFileHeader + size) {
    return {header, CorruptAt(10, fmt::format("BMP: pixels at byte {}, within the header", pixels))};
  }
  const bool packed = info.compression == kRle8 || info.compression == kRle4;
  // At most 2^31 x 4 bytes a row and 2^31 rows: no overflow.
  const uint64_t row = (static_cast<uint64_t>(header.width) * static_cast<uint64_t>(info.bits) + 31) / 32 * 4;
  const uint64_t needed = packed ? 1 : row * static_cast<uint64_t>(header.height);
  if (!bytes.Has(pixels, needed)) {
    return {header, TruncatedAt(bytes, fmt::format("BMP: {} bytes of pixels at byte {}, the file ends before",
                                                   needed, pixels))};
  }
  return {header, {}};
}

}  // namespace pixlake::image
