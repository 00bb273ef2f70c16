// The tags' names, and what kind of value stands behind those that are not plain.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/metadata/exif/exif.h"

namespace pixlake::image {

// What a tag's definition says of its value: the shape that it has in JSON, whatever a file holds. Plural
// where the count is not 1 (Exif 3.0's "Any" is plural).
enum class TagKind : uint8_t {
  kText,
  kTextCode,  // a text that is a code: GPSLatitudeRef
  kInteger,
  kIntegers,
  kCode,  // an integer that is a code: Flash
  kCodes,
  kNumberCode,   // the same, UNDEFINED by type: FileSource
  kNumberCodes,  // ComponentsConfiguration
  kRational,
  kRationals,
  kReal,  // any number: what DNG and GeoTIFF have as FLOAT and DOUBLE
  kReals,
  kBytes,        // UNDEFINED
  kVersion,      // UNDEFINED that is four ASCII digits
  kCharsetText,  // UNDEFINED: 8 bytes name the character set, text follows
  kUtf16,        // BYTE: little-endian UTF-16
  kCopyright,    // photographer's and editor's, a NUL between
  kBlob,         // another format's bytes: its place is given
  kMakerNote,
  kUnknown,  // no table has the tag
};

struct TagInfo {
  uint16_t tag;
  TagKind kind;
  std::string_view name;
};

// Null when no table has the tag. GPS and Interop number theirs apart from all others.
const TagInfo* FindTag(IfdKind kind, uint16_t tag);

inline TagKind KindOf(const ExifEntry& entry) {
  return entry.info == nullptr ? TagKind::kUnknown : entry.info->kind;
}

}  // namespace pixlake::image
