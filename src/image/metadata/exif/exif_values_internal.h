// One value of Exif as JSON, in the shape that its tag's definition has.
#pragma once

#include <string>

#include "image/metadata/exif/exif.h"

namespace pixlake::image {

// Whether the value's type and count are such that it can be told in its tag's shape. What is not, and what
// no table has, stands under the tag's number, with its type.
bool FitsItsTag(const ExifEntry& entry);

// "0x1234"
std::string TagNumber(uint16_t tag);

class ExifValueWriter {
 public:
  ExifValueWriter(const ExifData& exif, IfdKind kind, std::string* out)
      : exif_(exif), kind_(kind), out_(out) {}

  // Of what fits its tag.
  void Write(const ExifEntry& entry) const;
  // {"type": …} and one of text, integers, numbers, rationals, base64.
  void WriteTyped(const ExifEntry& entry) const;

 private:
  template <typename Element>
  void List(const ExifEntry& entry, Element element) const;
  void Integer(const ExifEntry& entry, uint64_t index) const;
  void Real(const ExifEntry& entry, uint64_t index) const;
  void Rational(const ExifEntry& entry, uint64_t index) const;
  void Code(const ExifEntry& entry, uint64_t index) const;
  void Words(std::string_view words) const;
  void Base64(const ExifEntry& entry) const;

  const ExifData& exif_;
  const IfdKind kind_;
  std::string* const out_;
};

}  // namespace pixlake::image
