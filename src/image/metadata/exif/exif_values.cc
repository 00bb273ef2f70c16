#include <iterator>

#include "image/metadata/exif/exif_tags_internal.h"
#include "image/metadata/exif/exif_values_internal.h"
#include "image/metadata/exif/exif_words_internal.h"
#include "image/metadata/metadata_internal.h"

namespace pixlake::image {

using namespace std::string_view_literals;

namespace {

bool IsRationalType(uint16_t type) {
  return type == kExifRational || type == kExifSignedRational;
}

bool IsRealType(uint16_t type) {
  return type == kExifFloat || type == kExifDouble;
}

bool IsIntegerType(uint16_t type) {
  return !IsRationalType(type) && !IsRealType(type) && type != kExifAscii && type != kExifUtf8 &&
         type != kExifUndefined;
}

// A value that becomes many times as long in words, or as fractions that it has none of, is told as such
// only up to here.
constexpr uint64_t kMostElements = 1024;

bool IsEightBytes(uint16_t type) {
  return type == kExifLong8 || type == kExifIfd8;
}

// TIFF 6.0, section 2, "Types", and the names of those that came later.
std::string_view TypeName(uint16_t type) {
  static constexpr std::string_view kNames[] = {
      "",          "BYTE",  "ASCII",  "SHORT", "LONG", "RATIONAL", "SBYTE", "UNDEFINED", "SSHORT", "SLONG",
      "SRATIONAL", "FLOAT", "DOUBLE", "IFD",   "",     "",         "LONG8", "SLONG8",    "IFD8"};
  return type < std::size(kNames) ? kNames[type] : "UTF-8";
}

}  // namespace

bool FitsItsTag(const ExifEntry& entry) {
  const uint16_t type = entry.type;
  const bool one = entry.value.size() == ExifTypeBytes(type);
  switch (KindOf(entry)) {
    case TagKind::kText:
    case TagKind::kTextCode:
    case TagKind::kVersion:
    case TagKind::kCharsetText:
    case TagKind::kUtf16:
    case TagKind::kCopyright:
      return entry.is_text;
    case TagKind::kInteger:
    case TagKind::kCode:
      return one && IsIntegerType(type);
    case TagKind::kIntegers:
      return IsIntegerType(type);
    case TagKind::kCodes:
      return IsIntegerType(type) && entry.count() <= kMostElements;
    case TagKind::kNumberCode:
      return one && (IsIntegerType(type) || type == kExifUndefined);
    case TagKind::kNumberCodes:
      return (IsIntegerType(type) || type == kExifUndefined) && entry.count() <= kMostElements;
    // A whole number is a rational, too: many write resolutions as SHORT.
    case TagKind::kRational:
      return one &&
             (IsRationalType(type) || IsRealType(type) || (IsIntegerType(type) && !IsEightBytes(type)));
    case TagKind::kRationals:
      if (IsRationalType(type)) return true;
      return (IsRealType(type) || (IsIntegerType(type) && !IsEightBytes(type))) &&
             entry.count() <= kMostElements;
    case TagKind::kReal:
      return one && (IsRealType(type) || IsIntegerType(type));
    case TagKind::kReals:
      return IsRealType(type) || IsIntegerType(type);
    case TagKind::kBytes:
      return type == kExifUndefined || type == kExifByte || type == kExifSignedByte;
    case TagKind::kBlob:
    case TagKind::kMakerNote:
      return true;
    case TagKind::kUnknown:
      return false;
  }
  return false;
}

std::string TagNumber(uint16_t tag) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return {'0', 'x', kDigits[tag >> 12], kDigits[tag >> 8 & 15], kDigits[tag >> 4 & 15], kDigits[tag & 15]};
}

void ExifValueWriter::Write(const ExifEntry& entry) const {
  switch (KindOf(entry)) {
    case TagKind::kTextCode:
      *out_ += "{\"value\":"sv;
      AppendJsonString(entry.text, out_);
      return Words(WordsOfText(kind_, entry.tag, entry.text));
    case TagKind::kInteger:
      return Integer(entry, 0);
    case TagKind::kIntegers:
      return List(entry, [&](uint64_t i) { Integer(entry, i); });
    case TagKind::kCode:
    case TagKind::kNumberCode:
      return Code(entry, 0);
    case TagKind::kCodes:
    case TagKind::kNumberCodes:
      return List(entry, [&](uint64_t i) { Code(entry, i); });
    case TagKind::kRational:
      return Rational(entry, 0);
    case TagKind::kRationals:
      return List(entry, [&](uint64_t i) { Rational(entry, i); });
    case TagKind::kReal:
      return Real(entry, 0);
    case TagKind::kReals:
      return List(entry, [&](uint64_t i) { Real(entry, i); });
    case TagKind::kBytes:
      return Base64(entry);
    default:
      return AppendJsonString(entry.text, out_);
  }
}

void ExifValueWriter::WriteTyped(const ExifEntry& entry) const {
  out_->append("{\"type\":\""sv).append(TypeName(entry.type)).append("\","sv);
  if (entry.is_text) {
    *out_ += "\"text\":"sv;
    AppendJsonString(entry.text, out_);
  } else if (entry.type == kExifUndefined) {
    *out_ += "\"bytes\":"sv;
    Base64(entry);
  } else if (IsRationalType(entry.type)) {
    *out_ += "\"rationals\":"sv;
    List(entry, [&](uint64_t i) { Rational(entry, i); });
  } else if (IsRealType(entry.type)) {
    *out_ += "\"numbers\":"sv;
    List(entry, [&](uint64_t i) { Real(entry, i); });
  } else {
    *out_ += "\"integers\":"sv;
    List(entry, [&](uint64_t i) { Integer(entry, i); });
  }
  out_->push_back('}');
}

template <typename Element>
void ExifValueWriter::List(const ExifEntry& entry, Element element) const {
  const uint64_t count = entry.count();
  out_->push_back('[');
  for (uint64_t i = 0; i < count; ++i) {
    if (i != 0) out_->push_back(',');
    element(i);
  }
  out_->push_back(']');
}

void ExifValueWriter::Integer(const ExifEntry& entry, uint64_t index) const {
  if (IsEightBytes(entry.type)) {
    *out_ += std::to_string(exif_.Integer(entry, index));
  } else {
    AppendInteger(exif_.SignedInteger(entry, index), out_);
  }
}

void ExifValueWriter::Real(const ExifEntry& entry, uint64_t index) const {
  if (IsRealType(entry.type)) {
    AppendNumber(exif_.Real(entry, index), out_);
  } else {
    Integer(entry, index);
  }
}

// Exact, and as a number; x/0 has none. A FLOAT where the tag wants a rational has its number alone.
void ExifValueWriter::Rational(const ExifEntry& entry, uint64_t index) const {
  if (IsRealType(entry.type)) {
    *out_ += "{\"numerator\":null,\"denominator\":null,\"value\":"sv;
    AppendNumber(exif_.Real(entry, index), out_);
    out_->push_back('}');
    return;
  }
  const image::Rational rational = exif_.RationalAt(entry, index);
  *out_ += "{\"numerator\":"sv;
  AppendInteger(rational.numerator, out_);
  *out_ += ",\"denominator\":"sv;
  AppendInteger(rational.denominator, out_);
  *out_ += ",\"value\":"sv;
  if (rational.denominator == 0) {
    *out_ += "null"sv;
  } else if (rational.numerator % rational.denominator == 0) {
    AppendInteger(rational.numerator / rational.denominator, out_);
  } else {
    AppendNumber(static_cast<double>(rational.numerator) / static_cast<double>(rational.denominator), out_);
  }
  out_->push_back('}');
}

void ExifValueWriter::Code(const ExifEntry& entry, uint64_t index) const {
  *out_ += "{\"value\":"sv;
  Integer(entry, index);
  Words(WordsOfCode(kind_, entry.tag, exif_.SignedInteger(entry, index)));
}

// The rest of a code's object.
void ExifValueWriter::Words(std::string_view words) const {
  if (words.empty()) {
    *out_ += ",\"text\":null}"sv;
  } else {
    out_->append(",\"text\":\""sv).append(words).append("\"}"sv);
  }
}

void ExifValueWriter::Base64(const ExifEntry& entry) const {
  *out_ += "{\"base64\":\""sv;
  AppendBase64(entry.value, out_);
  *out_ += "\"}"sv;
}

}  // namespace pixlake::image
