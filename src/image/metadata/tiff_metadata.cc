// TIFF 6.0 and its extensions: modes, and the metadata in tags of their own.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"

namespace pixlake::image {
namespace {

enum Tag : uint16_t {
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kSamplesPerPixel = 277,
  kPlanarConfiguration = 284,
  kExtraSamples = 338,
  kSampleFormat = 339,
  kXmpPacket = 700,
  kIptc = 33723,
  kImageResources = 34377,
  kIccProfile = 34675,
};
constexpr uint64_t kMostSamples = 6;  // of Pillow
enum Photometric : uint64_t { kWhiteIsZero, kBlackIsZero, kRgb, kPalette, kMask, kCmyk, kYCbCr, kCieLab = 8 };

// The fields that decide, with the defaults of TIFF 6.0.
struct Layout {
  uint64_t photometric = 0, format = 1, fill_order = 1, bits = 1, samples = 1;
  std::array<uint64_t, kMostSamples> extra{};
  size_t extras = 0;
  bool big_endian = false;
  bool compressed = false;
};

// As Pillow's TiffImagePlugin reads them: nullopt where it refuses the file.
std::optional<Layout> ReadLayout(const ExifData& exif, const ExifDirectory& directory) {
  const auto value = [&](uint16_t tag, uint64_t otherwise) {
    const ExifEntry* entry = directory.Find(tag);
    return entry == nullptr || entry->count() == 0 ? otherwise : exif.Integer(*entry);
  };
  Layout layout;
  layout.big_endian = exif.big_endian;
  layout.compressed = value(kCompression, 1) != 1;
  const uint64_t compression = value(kCompression, 1);
  layout.photometric = compression == 6 ? uint64_t{kYCbCr} : value(kPhotometric, 0);
  layout.fill_order = value(kFillOrder, 1);
  layout.format = value(kSampleFormat, 1);
  const bool three = compression == 6 && (layout.photometric == kRgb || layout.photometric == kYCbCr);
  layout.samples = value(kSamplesPerPixel, three ? 3 : 1);
  const ExifEntry* bits = directory.Find(kBitsPerSample);
  const ExifEntry* extra = directory.Find(kExtraSamples);
  uint64_t bit_counts = bits == nullptr ? 1 : bits->count();
  layout.bits = value(kBitsPerSample, 1);
  layout.extras = extra == nullptr ? 0 : std::min<uint64_t>(extra->count(), kMostSamples);
  for (size_t i = 0; i < layout.extras; ++i) layout.extra[i] = exif.Integer(*extra, i);
  const uint64_t most = layout.extras == 0
                            ? 0
                            : *std::max_element(layout.extra.begin(),
                                                layout.extra.begin() + static_cast<ptrdiff_t>(layout.extras));
  if (value(kPlanarConfiguration, 1) == 2 && layout.extras != 0 && most == 0) {
    bit_counts -= std::min<uint64_t>(bit_counts, layout.extras);
    layout.samples -= std::min<uint64_t>(layout.samples, layout.extras);
    layout.extras = 0;
  }
  if (layout.samples < 1 || layout.samples > kMostSamples) return std::nullopt;
  if (bit_counts > layout.samples) bit_counts = layout.samples;
  if (bit_counts != layout.samples && bit_counts != 1) return std::nullopt;
  for (uint64_t i = 1; bits != nullptr && i < bit_counts; ++i) {
    if (exif.Integer(*bits, i) != layout.bits) return std::nullopt;
  }
  return layout;
}

std::string_view GrayMode(const Layout& layout) {
  const uint64_t bits = layout.bits;
  const bool black = layout.photometric == kBlackIsZero, reversed = layout.fill_order == 2;
  if (layout.samples == 2 && bits == 8 && black && layout.extras == 1 && layout.format == 1) {
    static constexpr std::string_view kModes[] = {"L", "La", "LA"};
    return layout.extra[0] < 3 ? kModes[layout.extra[0]] : std::string_view();
  }
  if (layout.samples != 1 || layout.extras != 0) return {};
  if (layout.format == 1 && bits == 1) return "1";
  if (layout.format == 1 && (bits == 2 || bits == 4 || bits == 8)) return "L";
  if (layout.format == 2 && bits == 8) return black && !reversed ? "L" : "";
  if (layout.format == 1 && bits == 12) return black && !layout.big_endian && !reversed ? "I;16" : "";
  if (layout.format == 1 && bits == 16) {
    if (layout.big_endian) return black && !reversed ? "I;16B" : "";
    return !reversed || black ? "I;16" : "";
  }
  if (reversed) return {};
  if (layout.format == 2 && bits == 16) return black ? "I" : "";
  if (layout.format == 3 && bits == 32) return "F";
  if (layout.format == 2 && bits == 32) return black ? "I" : "";
  if (layout.format == 1 && bits == 32) return black && !layout.big_endian ? "I" : "";
  return {};
}

// Samples behind the three of colour: what the first says, if the others are unspecified.
std::string_view RgbMode(const Layout& layout) {
  if (layout.format != 1 || layout.samples < 3) return {};
  const bool wide = layout.bits == 16;
  if (layout.bits != 8 && !wide) return {};
  if (layout.fill_order != 1 && (layout.samples != 3 || wide || layout.extras != 0)) return {};
  if (layout.samples == 3) return layout.extras == 0 ? "RGB" : "";
  if (layout.samples == 4 && layout.extras == 0) return "RGBA";
  if (layout.extras != layout.samples - 3 || (wide && layout.samples > 4)) return {};
  for (size_t i = 1; i < layout.extras; ++i) {
    if (layout.extra[i] != 0) return {};
  }
  if (layout.extra[0] == 0) return "RGB";
  if (layout.extra[0] == 1 || layout.extra[0] == 2) return "RGBA";
  return layout.extra[0] == 999 && layout.samples == 4 && !wide ? "RGBA" : "";  // Corel Draw 10
}

std::string_view PaletteMode(const Layout& layout) {
  const bool depth = layout.bits == 1 || layout.bits == 2 || layout.bits == 4 || layout.bits == 8;
  if (layout.format != 1 || !depth) return {};
  if (layout.samples == 1 && layout.extras == 0) return "P";
  if (layout.samples != 2 || layout.bits != 8 || layout.extras != 1 || layout.fill_order != 1) return {};
  return layout.extra[0] == 0 ? "P" : layout.extra[0] == 2 ? "PA" : "";
}

std::string_view CmykMode(const Layout& layout) {
  if (layout.format != 1 || layout.fill_order != 1 || layout.samples != 4 + layout.extras) return {};
  if (layout.bits == 16) return layout.extras == 0 ? "CMYK" : "";
  if (layout.bits != 8) return {};
  for (size_t i = 0; i < layout.extras; ++i) {
    if (layout.extra[i] != 0) return {};
  }
  return "CMYK";
}

// Bytes that were stored as LONGs or SHORTs and, by a writer's mistake, in the other order
// within each: which shows in where the byte that they must begin with stands.
std::span<const uint8_t> InOrder(const ExifEntry& entry, uint8_t first, ImageMetadata* metadata) {
  const size_t size = ExifTypeBytes(entry.type);
  const auto value = entry.value;
  if (size < 2 || value.size() < size || value.size() > kMostXmpBytes || value[0] == first ||
      value[size - 1] != first)
    return value;
  AddNote(metadata, "iptc_swapped", fmt::format("its numbers of {} bytes are in the other byte order", size),
          entry.offset, "IFD0." + TagText(entry));
  std::vector<uint8_t>& turned = metadata->buffers.emplace_back(value.begin(), value.end());
  for (size_t i = 0; i + size <= turned.size(); i += size) {
    std::reverse(turned.begin() + static_cast<ptrdiff_t>(i),
                 turned.begin() + static_cast<ptrdiff_t>(i + size));
  }
  return turned;
}

}  // namespace

// The combinations of TIFF 6.0, sections 3 to 6, 16, 18, 21 and 23, that Pillow has
// modes for (its table OPEN_INFO).
std::string_view TiffMode(const ExifData& exif) {
  const ExifDirectory* directory = exif.Directory("IFD0");
  const auto layout = directory == nullptr ? std::nullopt : ReadLayout(exif, *directory);
  if (!layout) return {};
  const bool plain =
      layout->format == 1 && layout->fill_order == 1 && layout->bits == 8 && layout->extras == 0;
  switch (layout->photometric) {
    case kWhiteIsZero:
    case kBlackIsZero:
      return GrayMode(*layout);
    case kRgb:
      return RgbMode(*layout);
    case kPalette:
      return PaletteMode(*layout);
    case kCmyk:
      return CmykMode(*layout);
    case kYCbCr:
      if (!plain || (layout->samples != 3 && layout->samples != 1)) return {};
      // What libtiff decompresses it turns into RGB.
      if (layout->compressed) return "RGB";
      return layout->samples == 3 ? "YCbCr" : "L";
    case kCieLab:
      return plain && layout->samples == 3 ? "LAB" : "";
    default:
      return {};
  }
}

void ReadTiffMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  ReadExif(Part(bytes, 0, bytes.size()), 0, metadata);
  const ExifData& exif = metadata->exif;
  metadata->mode = TiffMode(exif);
  if (exif.pages > 1) AddNote(metadata, "multi_page", fmt::format("{} pages", exif.pages));
  const ExifDirectory* directory = exif.Directory("IFD0");
  if (directory == nullptr) return;
  if (const ExifEntry* entry = directory->Find(kXmpPacket)) ReadXmp(entry->value, entry->offset, metadata);
  if (const ExifEntry* entry = directory->Find(kIccProfile)) ReadIcc(entry->value, entry->offset, metadata);
  if (const ExifEntry* entry = directory->Find(kIptc)) {
    const auto in_order = InOrder(*entry, 0x1C, metadata);
    ReadIptc(in_order, in_order.data() == entry->value.data() ? entry->offset : -1, metadata);
  }
  if (const ExifEntry* resources = directory->Find(kImageResources);
      resources != nullptr && metadata->iptc.empty()) {
    const auto in_order = InOrder(*resources, '8', metadata);
    ReadImageResources(in_order, in_order.data() == resources->value.data() ? resources->offset : -1,
                       metadata);
  }
}

}  // namespace pixlake::image
