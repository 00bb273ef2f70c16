// TIFF 6.0 and BigTIFF; Exif 3.0 (CIPA DC-008-2023), 4.5 and 4.6.
#include "image/metadata/exif/exif.h"

#include <bit>
#include <cstring>

#include "image/metadata/exif/exif_tags_internal.h"

namespace pixlake::image {
namespace {

uint64_t Number(std::span<const uint8_t> bytes, uint64_t offset, uint64_t size, bool big_endian) {
  if (offset > bytes.size() || size > bytes.size() - offset) return 0;
  uint64_t number = 0;
  for (uint64_t i = 0; i < size; ++i) {
    number = number << 8 | bytes[offset + (big_endian ? i : size - 1 - i)];
  }
  return number;
}

int64_t Signed(uint64_t number, uint64_t size) {
  switch (size) {
    case 1:
      return static_cast<int8_t>(number);
    case 2:
      return static_cast<int16_t>(number);
    case 4:
      return static_cast<int32_t>(number);
    default:
      return static_cast<int64_t>(number);
  }
}

bool IsSigned(uint16_t type) {
  return type == kExifSignedByte || type == kExifSignedShort || type == kExifSignedLong ||
         type == kExifSignedLong8;
}

}  // namespace

// TIFF 6.0, section 2, "Types"; Exif 3.0, 4.6.2 (type 129).
uint64_t ExifTypeBytes(uint16_t type) {
  static constexpr uint8_t kBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  if (type < sizeof(kBytes)) return kBytes[type];
  return type == kExifUtf8 ? 1 : 0;
}

std::string_view ExifEntry::name() const {
  return info == nullptr ? std::string_view() : info->name;
}

const ExifEntry* ExifDirectory::Find(uint16_t tag) const {
  for (const ExifEntry& entry : entries) {
    if (entry.tag == tag) return &entry;
  }
  return nullptr;
}

const ExifDirectory* ExifData::Directory(std::string_view name) const {
  for (const ExifDirectory& directory : directories) {
    if (directory.name == name) return &directory;
  }
  return nullptr;
}

const ExifEntry* ExifData::Find(std::string_view directory, uint16_t tag) const {
  const ExifDirectory* found = Directory(directory);
  return found == nullptr ? nullptr : found->Find(tag);
}

uint64_t ExifData::Integer(const ExifEntry& entry, uint64_t index) const {
  const uint64_t size = ExifTypeBytes(entry.type);
  if (entry.type == kExifRational || entry.type == kExifSignedRational || entry.type == kExifFloat ||
      entry.type == kExifDouble || index >= entry.count())
    return 0;
  return Number(entry.value, index * size, size, big_endian);
}

int64_t ExifData::SignedInteger(const ExifEntry& entry, uint64_t index) const {
  const uint64_t number = Integer(entry, index);
  return IsSigned(entry.type) ? Signed(number, ExifTypeBytes(entry.type)) : static_cast<int64_t>(number);
}

Rational ExifData::RationalAt(const ExifEntry& entry, uint64_t index) const {
  if (entry.type != kExifRational && entry.type != kExifSignedRational) {
    return {SignedInteger(entry, index), 1};
  }
  if (index >= entry.count()) return {};
  const uint64_t numerator = Number(entry.value, index * 8, 4, big_endian);
  const uint64_t denominator = Number(entry.value, index * 8 + 4, 4, big_endian);
  if (entry.type == kExifSignedRational) return {Signed(numerator, 4), Signed(denominator, 4)};
  return {static_cast<int64_t>(numerator), static_cast<int64_t>(denominator)};
}

double ExifData::Real(const ExifEntry& entry, uint64_t index) const {
  if (index >= entry.count()) return 0;
  if (entry.type == kExifFloat) {
    return std::bit_cast<float>(static_cast<uint32_t>(Number(entry.value, index * 4, 4, big_endian)));
  }
  if (entry.type == kExifDouble) return std::bit_cast<double>(Number(entry.value, index * 8, 8, big_endian));
  const Rational rational = RationalAt(entry, index);
  return rational.denominator == 0
             ? 0
             : static_cast<double>(rational.numerator) / static_cast<double>(rational.denominator);
}

}  // namespace pixlake::image
