// ICC.1:2022 (profile version 4.4) and ICC.1:2001-04 (version 2).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr uint64_t kHeaderBytes = 128;
constexpr uint32_t kMostTags = 256;
constexpr uint32_t kDesc = 0x64657363, kMluc = 0x6D6C7563, kTextTag = 0x74657874;

std::string Trimmed(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  const size_t last = text.find_last_not_of(' ');
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

// ICC.1:2022, 10.15 multiLocalizedUnicodeType: records of language, country, length and
// offset; the English one is taken, else the first.
std::string ReadLocalized(const HostileBytes& tag) {
  if (!tag.Has(0, 16) || tag.Big32(12) != 12) return {};
  const uint32_t records = std::min(tag.Big32(8), kMostTags);
  std::string first;
  for (uint32_t i = 0; i < records; ++i) {
    const uint64_t at = 16 + 12 * uint64_t{i};
    if (!tag.Has(at, 12)) break;
    const uint64_t length = tag.Big32(at + 4), offset = tag.Big32(at + 8);
    if (!tag.Has(offset, length)) continue;
    std::string text = DecodeUtf16(Part(tag, offset, std::min<uint64_t>(length, 4096)), true).utf8;
    if (tag.Big16(at) == 0x656E) return text;  // "en"
    if (first.empty()) first = std::move(text);
  }
  return first;
}

// ICC.1:2001-04, 6.5.17 textDescriptionType (a count and ASCII), or version 4's.
std::string ReadDescription(const HostileBytes& tag) {
  if (!tag.Has(0, 12)) return {};
  if (tag.Big32(0) == kMluc) return ReadLocalized(tag);
  if (tag.Big32(0) == kTextTag) return Trimmed(ViewOf(Part(tag, 8, tag.size() - 8)));
  if (tag.Big32(0) != kDesc) return {};
  const uint64_t count = std::min<uint64_t>({tag.Big32(8), tag.size() - 12, 4096});
  return DecodeDetected(BytesOf(Trimmed(ViewOf(Part(tag, 12, count))))).utf8;
}

}  // namespace

// ICC.1:2022, 7.2 profile header, 7.3 tag table.
void ReadIcc(std::span<const uint8_t> profile, int64_t offset, ImageMetadata* metadata) {
  if (metadata->icc) return;
  const HostileBytes bytes(profile);
  IccProfile icc;
  icc.size = profile.size();
  AddNote(metadata, "icc", {}, offset);
  if (!bytes.Has(0, kHeaderBytes + 4) || bytes.Big32(36) != 0x61637370) {  // "acsp"
    AddNote(metadata, "damaged_icc", "no profile header", offset);
    metadata->icc = std::move(icc);
    return;
  }
  icc.version = fmt::format("{}.{}.{}", bytes.Byte(8), bytes.Byte(9) >> 4, bytes.Byte(9) & 15);
  icc.colour_space = Trimmed(ViewOf(Part(bytes, 16, 4)));
  if (!IsAscii(BytesOf(icc.colour_space))) icc.colour_space.clear();
  const uint32_t tags = std::min(bytes.Big32(kHeaderBytes), kMostTags);
  for (uint32_t i = 0; i < tags; ++i) {
    const uint64_t at = kHeaderBytes + 4 + 12 * uint64_t{i};
    if (!bytes.Has(at, 12)) break;
    if (bytes.Big32(at) != kDesc) continue;
    const uint64_t position = bytes.Big32(at + 4), size = bytes.Big32(at + 8);
    if (bytes.Has(position, size)) {
      icc.description = ReadDescription(HostileBytes(Part(bytes, position, size)));
    } else {
      AddNote(metadata, "damaged_icc", "the description lies past the end", offset);
    }
    break;
  }
  metadata->icc = std::move(icc);
}

}  // namespace pixlake::image
