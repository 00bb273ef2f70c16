#include "image/metadata/metadata.h"

#include <algorithm>

#include <fmt/format.h>
#include <libdeflate.h>

#include "image/metadata/metadata_internal.h"

namespace pixlake::image {
namespace {

constexpr uint16_t kOrientation = 0x0112;

void ReadContainer(ImageFormat format, const HostileBytes& bytes, ImageMetadata* metadata) {
  switch (format) {
    case ImageFormat::kJpeg:
      return ReadJpegMetadata(bytes, metadata);
    case ImageFormat::kPng:
      return ReadPngMetadata(bytes, metadata);
    case ImageFormat::kTiff:
      return ReadTiffMetadata(bytes, metadata);
    case ImageFormat::kGif:
      return ReadGifMetadata(bytes, metadata);
    case ImageFormat::kBmp:
      return ReadBmpMetadata(bytes, metadata);
    case ImageFormat::kWebp:
      return ReadWebpMetadata(bytes, metadata);
    case ImageFormat::kHeif:
    case ImageFormat::kAvif:
      return ReadHeifMetadata(bytes, metadata);
  }
}

// What turning is asked for has a note: nobody turns an image here.
void NoteOrientation(ImageMetadata* metadata) {
  const int orientation = metadata->Orientation();
  const bool heif = metadata->format == "HEIF" || metadata->format == "AVIF";
  // There the container's irot and imir count (23008-12, A.2.1).
  if (orientation < 2 || heif) return;
  const ExifEntry* entry = metadata->exif.Find("IFD0", kOrientation);
  AddNote(metadata, "orientation", fmt::format("to be shown by orientation {}", orientation),
          entry == nullptr ? -1 : entry->offset,
          entry == nullptr ? "xmp.tiff:Orientation" : "IFD0.Orientation");
}

// Whether bytes of a format may bear a name of another type. HEIC is HEVC in HEIF, and AVIF is
// a HEIF; what cameras call raw is a TIFF by its bytes.
bool NameCovers(std::string_view claimed, ImageFormat format) {
  const bool heif = claimed.starts_with("image/heif");
  if (format == ImageFormat::kHeif) return heif || claimed.starts_with("image/heic");
  if (format == ImageFormat::kAvif) return heif;
  if (format != ImageFormat::kTiff) return false;
  return claimed == "image/x-adobe-dng" || claimed == "image/x-canon-cr2" || claimed == "image/x-nikon-nef" ||
         claimed == "image/x-sony-arw";
}

struct Inflater {
  libdeflate_decompressor* const handle = libdeflate_alloc_decompressor();
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { libdeflate_free_decompressor(handle); }
};

}  // namespace

bool ImageMetadata::HasNote(std::string_view code) const {
  return std::any_of(notes.begin(), notes.end(), [&](const MetadataNote& note) { return note.code == code; });
}

// Exif 3.0, 4.6.5.1.6: 1 is as stored, 2 to 8 turned or mirrored. Without the tag XMP's
// tiff:Orientation is the same.
int ImageMetadata::Orientation() const {
  uint64_t orientation = 1;
  if (const ExifEntry* entry = exif.Find("IFD0", kOrientation); entry != nullptr) {
    orientation = exif.Integer(*entry);
  } else {
    for (const XmpProperty& property : xmp) {
      const bool digit =
          property.name == "tiff:Orientation" && !property.values.empty() && property.values[0].size() == 1;
      if (digit) orientation = static_cast<uint64_t>(property.values[0][0] - '0');
    }
  }
  return orientation >= 2 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

void AddNote(ImageMetadata* metadata, std::string_view code, std::string message, int64_t offset,
             std::string field, std::span<const uint8_t> raw_bytes) {
  if (metadata->notes.size() > kMostNotes) return;
  if (metadata->notes.size() == kMostNotes) {
    metadata->notes.push_back({"more_notes", "there is more to note than is kept", -1, {}, {}});
    return;
  }
  metadata->notes.push_back({code, std::move(message), offset, std::move(field), raw_bytes});
}

void NoteIrregularities(std::span<const Irregularity> irregular, ImageMetadata* metadata) {
  for (const Irregularity& what : irregular) {
    AddNote(metadata, "irregular_structure", what.message, what.offset);
  }
}

void NoteGuessedText(ImageMetadata* metadata, std::string_view encoding, std::string field, int64_t offset,
                     std::span<const uint8_t> raw_bytes) {
  AddNote(metadata, "text_encoding_guessed", fmt::format("read as {}", encoding), offset, std::move(field),
          raw_bytes);
}

std::span<const uint8_t> Inflate(std::span<const uint8_t> compressed, ImageMetadata* metadata) {
  const Inflater decompressor;
  if (decompressor.handle == nullptr || compressed.size() < 2) return {};
  uint64_t kept = 0;
  for (const auto& buffer : metadata->buffers) kept += buffer.size();
  if (kept > kMostInflatedTogether) return {};
  // Grows as needed: a stream says nothing of its size.
  for (size_t room = 64 << 10; room <= kMostInflated; room *= 8) {
    std::vector<uint8_t> out(room);
    size_t size = 0;
    auto result = libdeflate_zlib_decompress(decompressor.handle, compressed.data(), compressed.size(),
                                             out.data(), out.size(), &size);
    if (result == LIBDEFLATE_BAD_DATA) {
      result = libdeflate_deflate_decompress(decompressor.handle, compressed.data() + 2,
                                             compressed.size() - 2, out.data(), out.size(), &size);
    }
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) continue;
    if (result != LIBDEFLATE_SUCCESS) return {};
    out.resize(size);
    out.shrink_to_fit();
    metadata->buffers.push_back(std::move(out));
    return metadata->buffers.back();
  }
  return {};
}

ImageMetadata ReadMetadata(std::span<const uint8_t> span, const HeaderLimits& limits) {
  ImageMetadata metadata;
  metadata.size = span.size();
  HeaderResult header = ReadHeader(span, limits);
  metadata.header = header.header;
  metadata.judgement = std::move(header.judgement);
  const auto format = DetectFormat(span);
  NoteIrregularities(header.irregular, &metadata);
  if (!format) return metadata;
  metadata.format = FormatName(*format);
  const HostileBytes bytes(span);
  ReadContainer(*format, bytes, &metadata);
  if (metadata.mode == "CMYK") AddNote(&metadata, "cmyk");
  if (metadata.header && metadata.header->bit_depth == 16) AddNote(&metadata, "16-bit");
  ReadGps(&metadata);
  NoteOrientation(&metadata);
  return metadata;
}

void NoteFileName(std::string_view filename, ImageMetadata* metadata) {
  if (metadata->format.empty() || !NameClaimsImage(filename)) return;
  // By the name alone, as there are no bytes.
  const std::string_view claimed = GuessMimeType({}, filename);
  const std::string_view is = metadata->header ? FormatMimeType(metadata->header->format) : "";
  if (!is.empty() && claimed != is && !NameCovers(claimed, metadata->header->format)) {
    AddNote(metadata, "mislabelled_name", fmt::format("the name says {}, the bytes are {}", claimed, is));
  }
}

}  // namespace pixlake::image
