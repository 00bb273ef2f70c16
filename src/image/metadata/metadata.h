// What an image says of itself, from its header and metadata: no pixel is decoded.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/facts.h"
#include "image/header/image_header.h"
#include "image/metadata/exif/exif.h"

namespace pixlake::image {

// What is unusual, but decodable. Codes are stable; docs/metadata.md lists them.
struct MetadataNote {
  std::string_view code;
  std::string message;
  int64_t offset = -1;                 // byte of the file; -1: no one place
  std::string field;                   // "IFD0.Artist"; empty: the image as a whole
  std::span<const uint8_t> raw_bytes;  // the original of a text whose encoding was guessed
};

// A property of XMP by its qualified name: "dc:creator", "xmpMM:DerivedFrom/stRef:documentID",
// "xmpMM:History[2]/stEvt:action", "dc:title[fr-FR]" (plain "dc:title" is x-default's).
struct XmpProperty {
  std::string name;
  std::vector<std::string> values;
  bool is_array = false;
  uint64_t left_out = 0;  // bytes of a value too long to keep
};

// A dataset of IPTC's Information Interchange Model: record and number.
struct IptcDataset {
  uint8_t record = 0;
  uint8_t number = 0;
  std::string_view name;  // "Keywords"; empty: not in the table
  std::string text;       // UTF-8; of binary ones the decimal number or base64
};

struct IccProfile {
  uint64_t size = 0;        // bytes
  std::string description;  // empty: none that could be read
  std::string colour_space;
  std::string version;  // "4.3.0"
};

// A text beside the image: PNG's tEXt, zTXt and iTXt by keyword; comments of JPEG and GIF.
struct TextItem {
  std::string keyword;
  std::string text;
};

// Facts of one image. Views reach into the bytes that were read and into `buffers`, so
// it can be moved but not copied, and must not outlive those bytes.
struct ImageMetadata {
  ImageMetadata() = default;
  ImageMetadata(ImageMetadata&&) = default;
  ImageMetadata& operator=(ImageMetadata&&) = default;
  ImageMetadata(const ImageMetadata&) = delete;
  ImageMetadata& operator=(const ImageMetadata&) = delete;

  std::optional<ImageHeader> header;
  Judgement judgement;
  std::string_view format;  // Pillow's: as FormatName, and "MPO"; empty: unknown
  std::string_view mode;    // Pillow's: "RGB", "I;16" …; empty: one Pillow has no mode for
  uint64_t size = 0;        // bytes of the file
  ExifData exif;
  std::optional<GpsPosition> gps;  // set when there is a GPS directory, maybe without a position
  std::vector<XmpProperty> xmp;
  std::vector<IptcDataset> iptc;
  std::optional<IccProfile> icc;
  std::vector<TextItem> text;
  std::vector<MetadataNote> notes;
  std::list<std::vector<uint8_t>> buffers;  // what was inflated or put together

  uint64_t xmp_packets = 0;  // read so far, without extensions

  bool HasNote(std::string_view code) const;
  // How it is to be shown: 1 as stored, 2 to 8 turned or mirrored (Exif 3.0, 4.6.5.1.6).
  int Orientation() const;
};

// Reads header and metadata of a whole file's bytes. Never fails: `judgement` says what
// is wrong with the image, `notes` what is wrong with its metadata. Bounded in work and
// memory whatever the bytes say (docs/metadata.md has the limits). Never throws.
ImageMetadata ReadMetadata(std::span<const uint8_t> bytes, const HeaderLimits& limits = {});

// A note for each breach of the format that costs no pixel.
void NoteIrregularities(std::span<const Irregularity> irregular, ImageMetadata* metadata);

// Notes a file name that claims another image format than the bytes have.
void NoteFileName(std::string_view filename, ImageMetadata* metadata);

// Appends one JSON object: format, mode, width, height, channels, bit_depth, size, exif,
// gps, xmp, iptc, icc, text, notes, verdict, message, offset. What is not there is null;
// exif, xmp, iptc and text are empty objects then. No line end.
void AppendMetadataJson(const ImageMetadata& metadata, std::string* out);

// The members without the braces, and without the judgement's, for an object that has more of them.
void AppendMetadataMembers(const ImageMetadata& metadata, std::string* out);

}  // namespace pixlake::image
