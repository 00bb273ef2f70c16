// Exif: the directories of a TIFF stream, with every value as it is stored.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pixlake::image {

enum class IfdKind : uint8_t { kImage, kExif, kGps, kInterop, kSub };

// TIFF 6.0, section 2; 13 is TIFF Technical Note 1's, 16 to 18 BigTIFF's, 129 Exif 3.0's.
enum ExifType : uint16_t {
  kExifByte = 1,
  kExifAscii = 2,
  kExifShort = 3,
  kExifLong = 4,
  kExifRational = 5,
  kExifSignedByte = 6,
  kExifUndefined = 7,
  kExifSignedShort = 8,
  kExifSignedLong = 9,
  kExifSignedRational = 10,
  kExifFloat = 11,
  kExifDouble = 12,
  kExifIfd = 13,
  kExifLong8 = 16,
  kExifSignedLong8 = 17,
  kExifIfd8 = 18,
  kExifUtf8 = 129,
};

// Bytes of one value; 0 for a type that there is not.
uint64_t ExifTypeBytes(uint16_t type);

struct TagInfo;

struct ExifEntry {
  uint16_t tag = 0;
  uint16_t type = 0;
  bool is_text = false;            // `text` is what it says
  const TagInfo* info = nullptr;   // name and kind; null: a tag that no table has
  int64_t offset = -1;             // of the value within the file; -1: not as such in it
  std::span<const uint8_t> value;  // count x ExifTypeBytes(type) bytes
  std::string_view text;           // UTF-8

  uint64_t count() const {
    const uint64_t each = ExifTypeBytes(type);
    return each == 0 ? 0 : value.size() / each;
  }
  // "Model"; empty when no table has the tag.
  std::string_view name() const;
};

struct ExifDirectory {
  IfdKind kind = IfdKind::kImage;
  std::string name;  // "IFD0", "Exif", "GPS", "Interop", "IFD1" …, "SubIFD0" …
  std::vector<ExifEntry> entries;

  const ExifEntry* Find(uint16_t tag) const;
};

// Exact: a denominator of 0 stays one.
struct Rational {
  int64_t numerator = 0;
  int64_t denominator = 0;
};

struct ExifData {
  bool present = false;
  bool big_endian = false;
  bool big_tiff = false;
  int64_t file_offset = -1;  // of the TIFF stream's first byte; -1: not as such in the file
  uint64_t pages = 0;        // directories of the chain
  std::vector<ExifDirectory> directories;
  std::list<std::string> decoded;  // texts that are not the file's own bytes

  // Null when there is none, or when it is damaged.
  const ExifDirectory* Directory(std::string_view name) const;
  const ExifEntry* Find(std::string_view directory, uint16_t tag) const;

  // The value at `index`, of an integer type; 0 for others.
  uint64_t Integer(const ExifEntry& entry, uint64_t index = 0) const;
  int64_t SignedInteger(const ExifEntry& entry, uint64_t index = 0) const;
  Rational RationalAt(const ExifEntry& entry, uint64_t index = 0) const;
  double Real(const ExifEntry& entry, uint64_t index = 0) const;
};

}  // namespace pixlake::image
