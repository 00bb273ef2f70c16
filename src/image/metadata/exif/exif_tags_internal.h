// The tags' names, and what kind of value stands behind those that are not plain.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/metadata/exif/exif.h"

namespace pixlake::image {

enum class TagKind : uint8_t {
  kPlain,        // as its type says
  kVersion,      // UNDEFINED that is four ASCII digits
  kCharsetText,  // UNDEFINED: 8 bytes name the character set, text follows
  kUtf16,        // BYTE: little-endian UTF-16
  kNumbers,      // UNDEFINED that is small numbers
  kCopyright,    // photographer's and editor's, a NUL between
  kBlob,         // another format's bytes: its place is given
  kMakerNote,
};

struct TagInfo {
  uint16_t tag;
  TagKind kind;
  std::string_view name;
};

// Null when no table has the tag. GPS and Interop number theirs apart from all others.
const TagInfo* FindTag(IfdKind kind, uint16_t tag);

inline TagKind KindOf(const ExifEntry& entry) {
  return entry.info == nullptr ? TagKind::kPlain : entry.info->kind;
}

}  // namespace pixlake::image
