// PNG Specification (Third Edition), 11; ISO 16684-3 (XMP in files), 1.1.6.
#include <algorithm>

#include <fmt/format.h>

#include "image/header/png_chunk_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr uint64_t kMostInflatedTexts = 64;  // of one file

// What a NUL ends; what is behind it in `rest`. The whole when there is none.
std::string_view UpToNul(std::span<const uint8_t>* rest) {
  const auto nul = std::find(rest->begin(), rest->end(), uint8_t{0});
  const auto size = static_cast<size_t>(nul - rest->begin());
  const std::string_view text = ViewOf(rest->first(size));
  *rest = rest->subspan(std::min(size + 1, rest->size()));
  return text;
}

class PngReader {
 public:
  PngReader(const HostileBytes& bytes, ImageMetadata* metadata) : bytes_(bytes), metadata_(metadata) {}
  void Read();

 private:
  void Take(uint32_t type, std::span<const uint8_t> data, uint64_t position);
  void TakeProfile(std::span<const uint8_t> data, uint64_t position);
  void TakeText(uint32_t type, std::span<const uint8_t> data, uint64_t position);
  void TakeRawProfile(std::string_view kind, std::span<const uint8_t> text, uint64_t position);
  std::span<const uint8_t> InflateText(std::span<const uint8_t> data, std::string_view keyword,
                                       uint64_t position);

  const HostileBytes& bytes_;
  ImageMetadata* const metadata_;
  uint64_t inflated_ = 0;
};

// 5.3 Chunk layout, up to IEND or to damage.
void PngReader::Read() {
  uint64_t position = kPngSignatureBytes;
  for (int chunks = 0; chunks < kMostPngChunks && bytes_.Has(position, kPngChunkOverhead); ++chunks) {
    const uint64_t length = bytes_.Big32(position);
    const uint32_t type = bytes_.Big32(position + 4);
    if (!bytes_.Has(position, kPngChunkOverhead + length)) return;
    Take(type, Part(bytes_, position + 8, length), position + 8);
    position += kPngChunkOverhead + length;
    if (type != PngType("IEND")) continue;
    if (position < bytes_.size()) {
      AddNote(metadata_, "trailing_bytes", fmt::format("{} bytes behind IEND", bytes_.size() - position),
              static_cast<int64_t>(position));
    }
    return;
  }
}

void PngReader::Take(uint32_t type, std::span<const uint8_t> data, uint64_t position) {
  const auto place = static_cast<int64_t>(position);
  switch (type) {
    case PngType("eXIf"): {
      // 11.3.4.5: a TIFF stream; JPEG's header in front of it is a writer's mistake.
      using namespace std::string_view_literals;
      const size_t skipped = ViewOf(data).starts_with("Exif\0\0"sv) ? 6 : 0;
      ReadExif(data.subspan(skipped), place + static_cast<int64_t>(skipped), metadata_);
      break;
    }
    case PngType("iCCP"):
      TakeProfile(data, position);
      break;
    case PngType("acTL"):
      // 11.3.6.1: number of frames, of plays.
      if (data.size() == 8 && HostileBytes(data).Big32(0) > 1) {
        AddNote(metadata_, "animated", fmt::format("{} frames", HostileBytes(data).Big32(0)), place);
      }
      break;
    case PngType("cICP"):
      if (data.size() == 4) {
        AddNote(metadata_, "cicp",
                fmt::format("primaries {}, transfer {}, matrix {}, {} range", data[0], data[1], data[2],
                            data[3] != 0 ? "full" : "narrow"),
                place);
      }
      break;
    case PngType("tEXt"):
    case PngType("zTXt"):
    case PngType("iTXt"):
      TakeText(type, data, position);
      break;
    default:
      break;
  }
}

// 11.3.2.3 iCCP: a name, NUL, compression method, zlib.
void PngReader::TakeProfile(std::span<const uint8_t> data, uint64_t position) {
  auto rest = data;
  UpToNul(&rest);
  const auto profile = rest.size() < 2 ? std::span<const uint8_t>() : Inflate(rest.subspan(1), metadata_);
  if (profile.empty()) {
    return AddNote(metadata_, "damaged_icc", "iCCP cannot be inflated", static_cast<int64_t>(position));
  }
  ReadIcc(profile, -1, metadata_);
}

std::span<const uint8_t> PngReader::InflateText(std::span<const uint8_t> data, std::string_view keyword,
                                                uint64_t position) {
  if (++inflated_ > kMostInflatedTexts) return {};
  const auto text = Inflate(data, metadata_);
  if (text.empty()) {
    AddNote(metadata_, "damaged_text", "cannot be inflated, or is too large", static_cast<int64_t>(position),
            "text." + DecodeDetected(BytesOf(keyword)).utf8);
  }
  return text;
}

// 11.3.3.2 tEXt: keyword, NUL, Latin-1. 11.3.3.3 zTXt: the same compressed. 11.3.3.4
// iTXt: keyword, NUL, compression flag and method, language, NUL, keyword, NUL, UTF-8.
void PngReader::TakeText(uint32_t type, std::span<const uint8_t> data, uint64_t position) {
  auto rest = data;
  const std::string_view keyword = UpToNul(&rest);
  if (type == PngType("iTXt")) {
    if (rest.size() < 2) return;
    const bool compressed = rest[0] != 0;
    rest = rest.subspan(2);
    UpToNul(&rest);
    UpToNul(&rest);
    if (compressed) rest = InflateText(rest, keyword, position);
  } else if (type == PngType("zTXt")) {
    if (rest.empty()) return;
    rest = InflateText(rest.subspan(1), keyword, position);
  }
  const bool in_file = rest.data() >= data.data() && rest.data() < data.data() + data.size();
  const int64_t place = in_file ? static_cast<int64_t>(position) + (rest.data() - data.data()) : -1;
  if (keyword == "XML:com.adobe.xmp") return ReadXmp(rest, place, metadata_);
  static constexpr std::string_view kRawProfile = "Raw profile type ";
  if (keyword.starts_with(kRawProfile)) {
    return TakeRawProfile(keyword.substr(kRawProfile.size()), rest, position);
  }
  if (metadata_->text.size() >= kMostTextItems) return;
  if (rest.size() > kMostTextBytes) {
    AddNote(metadata_, "text_left_out", fmt::format("{} bytes", rest.size()), place);
    return;
  }
  // Latin-1 is what is declared; writers put UTF-8 there more often.
  DecodedText text = DecodeDetected(rest);
  metadata_->text.push_back({DecodeDetected(BytesOf(keyword)).utf8, std::move(text.utf8)});
}

// ImageMagick's: a line with the kind, one with the length, then hexadecimal digits.
void PngReader::TakeRawProfile(std::string_view kind, std::span<const uint8_t> text, uint64_t position) {
  size_t at = 0;
  for (int lines = 0; at < text.size() && lines < 3; ++at) lines += text[at] == '\n';
  std::vector<uint8_t> bytes;
  bytes.reserve((text.size() - at) / 2);
  int high = -1;
  for (; at < text.size(); ++at) {
    const uint8_t c = text[at];
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : -1;
    if (digit < 0) continue;
    if (high >= 0) bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
    high = high < 0 ? digit : -1;
  }
  metadata_->buffers.push_back(std::move(bytes));
  std::span<const uint8_t> profile = metadata_->buffers.back();
  using namespace std::string_view_literals;
  const bool exif_header = ViewOf(profile).starts_with("Exif\0\0"sv);
  static constexpr auto kXmpHeader = "http://ns.adobe.com/xap/1.0/\0"sv;
  if (kind == "exif" || (kind == "APP1" && exif_header)) {
    ReadExif(profile.subspan(exif_header ? 6 : 0), -1, metadata_);
  } else if (kind == "xmp") {
    ReadXmp(profile, -1, metadata_);
  } else if (kind == "APP1" && ViewOf(profile).starts_with(kXmpHeader)) {
    ReadXmp(profile.subspan(kXmpHeader.size()), -1, metadata_);
  } else if (kind == "iptc" || kind == "8bim") {
    ReadImageResources(profile, -1, metadata_);
  } else if (kind == "icc" || kind == "icm") {
    ReadIcc(profile, -1, metadata_);
  } else {
    AddNote(metadata_, "unknown_profile", DecodeDetected(BytesOf(kind.substr(0, 32))).utf8,
            static_cast<int64_t>(position));
  }
}

// 11.2.1 IHDR, table 12, by Pillow's words for each combination.
std::string_view PngMode(int depth, int colour) {
  switch (colour) {
    case 0:
      return depth == 1 ? "1" : depth == 16 ? "I;16" : "L";
    case 2:
      return "RGB";
    case 3:
      return "P";
    case 4:
      return depth == 16 ? "RGBA" : "LA";
    case 6:
      return "RGBA";
    default:
      return {};
  }
}

}  // namespace

void ReadPngMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  if (metadata->header && bytes.Has(16, 10)) metadata->mode = PngMode(bytes.Byte(24), bytes.Byte(25));
  PngReader(bytes, metadata).Read();
}

}  // namespace pixlake::image
