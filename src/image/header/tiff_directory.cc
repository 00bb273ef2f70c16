// TIFF 6.0 (Adobe, 1992) and BigTIFF (Aware Systems, 2004; libtiff).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "image/header/tiff_directory_internal.h"

namespace pixlake::image {
namespace {

enum Tag : uint16_t {
  kImageWidth = 256,
  kImageLength = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kStripOffsets = 273,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kPlanarConfiguration = 284,
  kPageNumber = 297,
  kColorMap = 320,
  kTileWidth = 322,
  kTileLength = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kJpegTables = 347,
  kJpegInterchange = 513,
  kJpegInterchangeLength = 514,
};

// TIFF 6.0, section 2, page 15: sizes of the integer types; 16 and 18 are BigTIFF's.
uint64_t IntegerBytes(uint64_t type) {
  switch (type) {
    case 1:  // BYTE
    case 7:  // UNDEFINED: bytes, in JPEGTables
      return 1;
    case 3:  // SHORT
      return 2;
    case 4:   // LONG
    case 13:  // IFD
      return 4;
    case 16:  // LONG8
    case 18:  // IFD8
      return 8;
    default:
      return 0;
  }
}

void TakeValue(const TiffBytes& tiff, uint64_t tag, const TiffValues& values, TiffDirectory* directory) {
  const uint64_t first = values.At(tiff, 0);
  switch (tag) {
    case kImageWidth:
      directory->width = first;
      break;
    case kImageLength:
      directory->height = first;
      break;
    case kBitsPerSample:
      directory->bits = values;
      break;
    case kCompression:
      directory->compression = first;
      break;
    case kPhotometric:
      directory->photometric = first;
      break;
    case kSamplesPerPixel:
      directory->samples = first;
      break;
    case kRowsPerStrip:
      directory->rows_per_strip = first;
      break;
    case kPlanarConfiguration:
      directory->planar = first;
      break;
    case kTileWidth:
      directory->tile_width = first;
      directory->has_tile_size = true;
      break;
    case kTileLength:
      directory->tile_height = first;
      directory->has_tile_size = true;
      break;
    case kStripOffsets:
      directory->strip_offsets = values;
      break;
    case kStripByteCounts:
      directory->strip_sizes = values;
      break;
    case kTileOffsets:
      directory->tile_offsets = values;
      break;
    case kTileByteCounts:
      directory->tile_sizes = values;
      break;
    case kJpegInterchange:
      directory->jpeg_offset = first;
      break;
    case kJpegInterchangeLength:
      directory->jpeg_length = first;
      break;
    default:
      break;
  }
}

// A bit for each field that matters, 0 for others.
uint64_t FieldBit(uint64_t tag) {
  static constexpr auto kFields = std::to_array<uint16_t>(
      {kImageWidth, kImageLength, kBitsPerSample, kCompression, kPhotometric, kStripOffsets, kSamplesPerPixel,
       kRowsPerStrip, kStripByteCounts, kPlanarConfiguration, kColorMap, kJpegTables, kTileWidth, kTileLength,
       kTileOffsets, kTileByteCounts, kJpegInterchange, kJpegInterchangeLength});
  const auto found = std::find(kFields.begin(), kFields.end(), tag);
  return found == kFields.end() ? 0 : uint64_t{1} << (found - kFields.begin());
}

// TIFF 6.0, section 2, "IFD entry": tag, type, count, and the values if they fit,
// else their offset. Only integer fields that say where and how pixels are stored
// are looked at; damage in others does not hinder decoding.
std::optional<Judgement> ReadEntry(const TiffBytes& tiff, uint64_t entry, TiffDirectory* directory) {
  const uint64_t tag = tiff.Number(entry, 2), type = tiff.Number(entry + 2, 2);
  directory->unknown_type |= type == 0 || type == 14 || type == 15 || type > 18;
  if (tag == kPageNumber && type == 3 && tiff.Number(entry + 4, tiff.offset_bytes()) == 2) {
    directory->pages = tiff.Number(entry + 4 + tiff.offset_bytes() + 2, 2);
  }
  const uint64_t bit = FieldBit(tag);
  if (bit == 0 || (directory->seen & bit) != 0) return std::nullopt;
  directory->seen |= bit;
  TiffValues values;
  values.size = IntegerBytes(type);
  values.count = tiff.Number(entry + 4, tiff.offset_bytes());
  if (values.size == 0 || values.count == 0) {
    return CorruptAt(entry, fmt::format("TIFF: tag {} has {} values of type {}", tag, values.count, type));
  }
  values.position = entry + 4 + tiff.offset_bytes();
  if (values.count > tiff.offset_bytes() / values.size) {
    values.position = tiff.Number(values.position, tiff.offset_bytes());
    const uint64_t room = tiff.raw().size() - std::min(tiff.raw().size(), values.position);
    if (values.count > room / values.size) {
      return TruncatedAt(tiff.raw(), fmt::format("TIFF: {} values of tag {} at byte {}, the file ends before",
                                                 values.count, tag, values.position));
    }
  }
  TakeValue(tiff, tag, values, directory);
  return std::nullopt;
}

}  // namespace

// TIFF 6.0, section 2, "Image file directory": a count, entries, the next offset.
std::optional<Judgement> ReadExtent(const TiffBytes& tiff, uint64_t offset, DirectoryExtent* extent) {
  if (offset < 8)
    return CorruptAt(offset, fmt::format("TIFF: a directory at byte {}, within the header", offset));
  if (!tiff.Has(offset, tiff.count_bytes())) {
    return TruncatedAt(tiff.raw(), fmt::format("TIFF: a directory at byte {}, the file ends before", offset));
  }
  extent->count = tiff.Number(offset, tiff.count_bytes());
  extent->entries = offset + tiff.count_bytes();
  if (extent->count == 0) return CorruptAt(offset, "TIFF: a directory without entries");
  // BigTIFF could have more; there are not that many tags, and libtiff refuses it too.
  if (extent->count > 0xFFFF) {
    return CorruptAt(offset, fmt::format("TIFF: a directory of {} entries", extent->count));
  }
  const uint64_t room = tiff.raw().size() - extent->entries;
  if (extent->count > room / tiff.entry_bytes()) {
    return TruncatedAt(tiff.raw(),
                       fmt::format("TIFF: a directory of {} entries at byte {}, the file ends before",
                                   extent->count, offset));
  }
  const uint64_t end = extent->entries + extent->count * tiff.entry_bytes();
  // Of the last thing in a file every reader takes the end for the chain's.
  extent->next_is_missing = !tiff.Has(end, tiff.offset_bytes());
  extent->next = extent->next_is_missing ? 0 : tiff.Number(end, tiff.offset_bytes());
  return std::nullopt;
}

std::optional<Judgement> ReadEntries(const TiffBytes& tiff, const DirectoryExtent& extent,
                                     TiffDirectory* directory) {
  std::optional<Judgement> first;
  for (uint64_t i = 0; i < extent.count; ++i) {
    auto judgement = ReadEntry(tiff, extent.entries + i * tiff.entry_bytes(), directory);
    if (judgement && !first) first = std::move(judgement);
  }
  return first;
}

}  // namespace pixlake::image
