// TIFF 6.0 (Adobe, 1992) and BigTIFF (Aware Systems, 2004; libtiff).
#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "image/header/tiff_directory_internal.h"

namespace pixlake::image {
namespace {

constexpr uint64_t kPalette = 3, kYCbCr = 6;  // photometric interpretations
constexpr uint64_t kOldJpeg = 6, kJpeg = 7, kUncompressed = 1;
constexpr uint64_t kMostSide = std::numeric_limits<int32_t>::max();

// Compression schemes that libtiff as we build it decodes.
bool CanDecompress(uint64_t compression) {
  static constexpr auto kKnown = std::to_array<uint64_t>(
      {1, 2, 3, 4, 5, 6, 7, 8, 32766, 32771, 32773, 32809, 32909, 32946, 34676, 34677});
  return std::find(kKnown.begin(), kKnown.end(), compression) != kKnown.end();
}

// TIFF 6.0, section 22, leaves the number out where YCbCr says that it is 3.
uint64_t SamplesOf(const TiffDirectory& directory) {
  return directory.samples.value_or(directory.photometric == kYCbCr ? 3 : 1);
}

// Of the first sample; 1 when nothing is said (section 8, "BitsPerSample").
uint64_t BitsOf(const TiffBytes& tiff, const TiffDirectory& directory) {
  return directory.bits.size == 0 ? 1 : directory.bits.At(tiff, 0);
}

bool BitsDiffer(const TiffBytes& tiff, const TiffDirectory& directory) {
  for (uint64_t i = 1; i < std::min(directory.bits.count, SamplesOf(directory)); ++i) {
    if (directory.bits.At(tiff, i) != directory.bits.At(tiff, 0)) return true;
  }
  return false;
}

uint64_t DivideUp(uint64_t a, uint64_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

// The product, or the largest number there is: more than any file can hold.
uint64_t Times(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

// The pieces that an image is stored in: strips or tiles.
struct Layout {
  TiffValues offsets, sizes;
  uint64_t pieces = 0;       // that the image calls for
  uint64_t a_plane = 0;      // pieces of one plane
  uint64_t piece_bytes = 0;  // of a whole one, uncompressed; 0: not known
  uint64_t last_bytes = 0;   // of a plane's last, uncompressed
};

// TIFF 6.0, section 3 "StripsPerImage", 15 "TilesPerImage"; in planar configuration 2
// there are as many for each sample.
Layout LayOut(const TiffBytes& tiff, const TiffDirectory& d) {
  Layout layout;
  const uint64_t samples = SamplesOf(d);
  const bool planar = d.planar == 2 && samples > 1;
  const uint64_t pixel_bits = BitsOf(tiff, d) * (planar ? 1 : samples);
  layout.offsets = d.offsets();
  layout.sizes = d.sizes();
  if (d.tiled()) {
    layout.a_plane = Times(DivideUp(d.width, d.tile_width), DivideUp(d.height, d.tile_height));
    layout.piece_bytes = Times(DivideUp(Times(d.tile_width, pixel_bits), 8), d.tile_height);
    layout.last_bytes = layout.piece_bytes;
  } else {
    const uint64_t rows = d.rows_per_strip == 0 ? d.height : std::min(d.rows_per_strip, d.height);
    const uint64_t row_bytes = DivideUp(d.width * pixel_bits, 8);
    layout.a_plane = DivideUp(d.height, rows);
    layout.piece_bytes = Times(row_bytes, rows);
    layout.last_bytes = Times(row_bytes, d.height - (layout.a_plane - 1) * rows);
  }
  layout.pieces = Times(layout.a_plane, planar ? samples : 1);
  // Subsampled chroma takes less; how much is left to the decoder.
  if (d.photometric == kYCbCr) layout.piece_bytes = layout.last_bytes = 0;
  return layout;
}

// Every piece within the file, and long enough when it is not compressed.
std::optional<Judgement> CheckPieces(const TiffBytes& tiff, const TiffDirectory& directory,
                                     const Layout& layout) {
  if (layout.offsets.count < layout.pieces) {
    return CorruptAt(layout.offsets.position, fmt::format("TIFF: {} strips or tiles, expected {}",
                                                          layout.offsets.count, layout.pieces));
  }
  const bool sized = layout.sizes.size != 0;
  if (sized && layout.sizes.count < layout.pieces) {
    return CorruptAt(layout.sizes.position, fmt::format("TIFF: {} sizes of strips or tiles, expected {}",
                                                        layout.sizes.count, layout.pieces));
  }
  const bool raw = directory.compression == kUncompressed;
  for (uint64_t i = 0; i < layout.pieces; ++i) {
    const uint64_t offset = layout.offsets.At(tiff, i);
    const bool last = (i + 1) % layout.a_plane == 0;
    const uint64_t expected = raw ? (last ? layout.last_bytes : layout.piece_bytes) : 1;
    uint64_t size = sized ? layout.sizes.At(tiff, i) : 0;
    // libtiff works out the size of a single piece that has none.
    if (size == 0 && layout.pieces > 1 && sized) {
      return CorruptAt(layout.sizes.position, fmt::format("TIFF: strip or tile {} is empty", i));
    }
    // Compressed, from what all fields take, which of a type that there is not nobody knows.
    if (size == 0 && !raw && directory.unknown_type) {
      return CorruptAt(layout.sizes.position, "TIFF: no size of the strip, and fields of unknown types");
    }
    if (size < expected && layout.pieces == 1) size = expected;
    if (size < expected && sized) {
      return CorruptAt(
          layout.sizes.position,
          fmt::format("TIFF: strip or tile {} has {} bytes, its pixels take {}", i, size, expected));
    }
    if (!tiff.Has(offset, std::max(size, expected))) {
      return TruncatedAt(
          tiff.raw(), fmt::format("TIFF: strip or tile {} has {} bytes at byte {}, the file ends before", i,
                                  size, offset));
    }
  }
  return std::nullopt;
}

// TIFF 6.0, section 22: JPEG's stream as a whole, beside or instead of strips.
std::optional<Judgement> CheckOldJpeg(const TiffBytes& tiff, const TiffDirectory& directory) {
  if (!tiff.Has(*directory.jpeg_offset, std::max<uint64_t>(directory.jpeg_length, 1))) {
    return TruncatedAt(tiff.raw(), fmt::format("TIFF: {} bytes of JPEG at byte {}, the file ends before",
                                               directory.jpeg_length, *directory.jpeg_offset));
  }
  return std::nullopt;
}

std::optional<Judgement> CheckFields(const TiffBytes& tiff, const TiffDirectory& directory) {
  const uint64_t samples = SamplesOf(directory), bits = BitsOf(tiff, directory);
  if (samples < 1 || samples > 65535 || bits < 1 || bits > 64 || directory.planar < 1 ||
      directory.planar > 2) {
    return CorruptAt(-1, fmt::format("TIFF: {} samples of {} bits in planar configuration {}", samples, bits,
                                     directory.planar));
  }
  if (directory.tiled() && (directory.tile_width < 1 || directory.tile_width > kMostSide ||
                            directory.tile_height < 1 || directory.tile_height > kMostSide)) {
    return CorruptAt(-1,
                     fmt::format("TIFF: tiles of {}x{} pixels", directory.tile_width, directory.tile_height));
  }
  const bool old_jpeg = directory.compression == kOldJpeg && directory.jpeg_offset;
  if (directory.offsets().size == 0 && !old_jpeg) {
    return CorruptAt(-1, "TIFF: a directory has no strips and no tiles");
  }
  if (BitsDiffer(tiff, directory)) return UnsupportedAt(-1, "TIFF: samples of different sizes");
  if (!CanDecompress(directory.compression)) {
    return UnsupportedAt(-1, fmt::format("TIFF: compression {}", directory.compression));
  }
  return std::nullopt;
}

// T.81, table B.1: frames that are sound and that libjpeg does not decode. `at`: where a
// stream begins, which is not trusted to be one.
std::optional<Judgement> CheckJpegKind(const HostileBytes& bytes, uint64_t at) {
  if (!bytes.Has(at, 2) || bytes.Big16(at) != 0xFFD8) return std::nullopt;
  at += 2;
  for (int segments = 0; segments < 64 && bytes.Has(at, 4) && bytes.Byte(at) == 0xFF; ++segments) {
    const uint8_t marker = bytes.Byte(at + 1);
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame && marker != 0xC0 && marker != 0xC1 && marker != 0xC2 && marker != 0xC9 && marker != 0xCA) {
      return UnsupportedAt(at,
                           fmt::format("TIFF: JPEG of lossless or hierarchical coding (SOF{})", marker & 15));
    }
    if (frame || marker == 0xDA) break;
    at += 2 + uint64_t{bytes.Big16(at + 2)};
  }
  return std::nullopt;
}

std::optional<Judgement> CheckPixels(const TiffBytes& tiff, const TiffDirectory& directory) {
  if (auto judgement = CheckFields(tiff, directory)) return judgement;
  if (directory.compression == kOldJpeg && directory.jpeg_offset) return CheckOldJpeg(tiff, directory);
  if (auto judgement = CheckPieces(tiff, directory, LayOut(tiff, directory))) return judgement;
  if (directory.compression == kJpeg) return CheckJpegKind(tiff.raw(), directory.offsets().At(tiff, 0));
  return std::nullopt;
}

// The pages behind the first, by the same rules. A hostile file has many that share one
// list of pieces: from some point on it is left to the decoder to find out.
std::optional<Judgement> CheckOtherPages(const TiffBytes& tiff, const DirectoryChain& chain,
                                         std::vector<Irregularity>* irregular) {
  uint64_t entries = 1 << 20, pieces = 1 << 22;
  for (size_t i = 1; i < chain.offsets.size(); ++i) {
    DirectoryExtent extent;
    if (ReadExtent(tiff, chain.offsets[i], &extent) || extent.count > entries) break;
    entries -= extent.count;
    TiffDirectory directory;
    auto judgement = ReadEntries(tiff, extent, &directory);
    if (!judgement && !directory.has_image()) {
      AddIrregularity(chain.offsets[i], fmt::format("TIFF: directory {} holds no image", i + 1), irregular);
      continue;
    }
    if (directory.offsets().count > pieces) break;
    pieces -= directory.offsets().count;
    if (!judgement && (directory.width > kMostSide || directory.height > kMostSide)) {
      judgement =
          CorruptAt(chain.offsets[i], fmt::format("TIFF: {}x{} pixels", directory.width, directory.height));
    }
    if (!judgement) judgement = CheckPixels(tiff, directory);
    if (!judgement) continue;
    judgement->message += fmt::format(", on page {}", i + 1);
    return judgement;
  }
  return std::nullopt;
}

// A palette's colours are 3 channels of 8 bits, as everywhere here, though its table
// has 16: nearly all writers fill 8 of them.
ImageHeader HeaderOf(const TiffBytes& tiff, const TiffDirectory& directory) {
  const bool palette = directory.photometric == kPalette;
  ImageHeader header{ImageFormat::kTiff, static_cast<int64_t>(directory.width),
                     static_cast<int64_t>(directory.height), 0, 0};
  header.channels = static_cast<int>(std::min<uint64_t>(SamplesOf(directory), 65535)) + (palette ? 2 : 0);
  header.bit_depth = palette ? 8 : static_cast<int>(std::min<uint64_t>(BitsOf(tiff, directory), 64));
  return header;
}

// The file header: byte order, 42 and an offset of 4 bytes; BigTIFF's: byte order, 43,
// 8 (bytes of an offset), 0, and an offset of 8.
std::optional<Judgement> ReadFirstOffset(const TiffBytes& tiff, uint64_t* first) {
  const uint64_t at = tiff.big_tiff() ? 8 : 4;
  if (!tiff.Has(at, tiff.offset_bytes()))
    return TruncatedAt(tiff.raw(), "TIFF: the file ends within the header");
  if (tiff.big_tiff() && (tiff.Number(4, 2) != 8 || tiff.Number(6, 2) != 0)) {
    return CorruptAt(4, fmt::format("TIFF: offsets of {} bytes in a BigTIFF", tiff.Number(4, 2)));
  }
  *first = tiff.Number(at, tiff.offset_bytes());
  return std::nullopt;
}

}  // namespace

// TIFF 6.0, section 2: header, then a chain of directories, of which the first is the
// image and the others further pages.
HeaderResult ReadTiffHeader(const HostileBytes& bytes) {
  const TiffBytes tiff(bytes);
  uint64_t first = 0;
  if (auto judgement = ReadFirstOffset(tiff, &first)) return {{}, *std::move(judgement)};
  DirectoryExtent extent;
  if (auto judgement = ReadExtent(tiff, first, &extent)) return {{}, *std::move(judgement)};
  TiffDirectory directory;
  auto judgement = ReadEntries(tiff, extent, &directory);
  if (directory.width > kMostSide || directory.height > kMostSide) {
    return {{}, CorruptAt(first, fmt::format("TIFF: {}x{} pixels", directory.width, directory.height))};
  }
  HeaderResult result{HeaderOf(tiff, directory), {}};
  if (result.header->width == 0 || result.header->height == 0) {
    if (judgement) result.judgement = *std::move(judgement);
    return result;
  }
  if (!judgement) judgement = CheckPixels(tiff, directory);
  if (!judgement) {
    DirectoryChain chain = FollowChain(tiff, first, extent, directory);
    result.irregular = std::move(chain.irregular);
    judgement = std::move(chain.pages_missing);
    if (!judgement) judgement = CheckOtherPages(tiff, chain, &result.irregular);
  }
  if (judgement) result.judgement = *std::move(judgement);
  if (directory.mixed_up()) {
    AddIrregularity(first, "TIFF: strips and tiles have one another's tags", &result.irregular);
  }
  return result;
}

}  // namespace pixlake::image
