// ITU-T T.81 (JPEG), T.871 (JFIF); Exif 3.0, 4.7; ISO 16684-3 (XMP in files); ICC.1:2022,
// annex B.4; CIPA DC-007 (Multi-Picture Format).
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

using namespace std::string_view_literals;

constexpr uint8_t kApp1 = 0xE1, kApp2 = 0xE2, kApp13 = 0xED, kCom = 0xFE;
constexpr uint8_t kSos = 0xDA, kEoi = 0xD9, kTem = 0x01, kRst0 = 0xD0, kSoi = 0xD8;
constexpr int kMostSegments = 1 << 20;
constexpr uint64_t kTrailerLookedAt = 1 << 20;
constexpr size_t kMostExifStreams = 8;

constexpr auto kExif = "Exif\0"sv;  // a padding byte follows
constexpr auto kXmp = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr auto kExtendedXmp = "http://ns.adobe.com/xmp/extension/\0"sv;
constexpr auto kIcc = "ICC_PROFILE\0"sv;
constexpr auto kMpf = "MPF\0"sv;
constexpr auto kPhotoshop = "Photoshop 3.0\0"sv;

struct Segment {
  uint64_t position = 0;  // of its body in the file
  std::span<const uint8_t> body;
};

bool StartsWith(std::span<const uint8_t> bytes, std::string_view prefix) {
  return ViewOf(bytes).starts_with(prefix);
}

Segment Behind(const Segment& segment, size_t count) {
  return {segment.position + count, segment.body.subspan(count)};
}

bool IsTiff(std::span<const uint8_t> bytes) {
  return StartsWith(bytes, "II*\0"sv) || StartsWith(bytes, "MM\0*"sv);
}

// Whether " hdrgm:Version=\"" is in it. A packet is full of blanks, so those are looked at last.
bool HasGainMap(std::string_view packet) {
  constexpr auto kAttribute = "hdrgm:Version=\""sv;
  size_t at = packet.find(kAttribute);
  while (at != std::string_view::npos && (at == 0 || packet[at - 1] != ' '))
    at = packet.find(kAttribute, at + 1);
  return at != std::string_view::npos;
}

class JpegReader {
 public:
  JpegReader(const HostileBytes& bytes, ImageMetadata* metadata) : bytes_(bytes), metadata_(metadata) {}

  void Read() {
    const bool scan = WalkSegments();
    PutTogether();
    if (scan) NoteTrailer();
  }

 private:
  bool WalkSegments();
  void Take(uint8_t marker, const Segment& segment);
  void TakeApp1(const Segment& segment);
  void PutTogether();
  void PutExtendedXmpTogether();
  void PutIccTogether();
  void ReadMpf(const Segment& segment);
  void NoteTrailer();

  // What is in one segment stays where it is; of several a copy is made.
  Segment Joined(const std::vector<Segment>& parts) {
    if (parts.size() == 1) return parts[0];
    std::vector<uint8_t> joined;
    for (const Segment& part : parts) joined.insert(joined.end(), part.body.begin(), part.body.end());
    metadata_->buffers.push_back(std::move(joined));
    return {~uint64_t{0}, metadata_->buffers.back()};
  }
  static int64_t Place(const Segment& segment) { return static_cast<int64_t>(segment.position); }

  const HostileBytes& bytes_;
  ImageMetadata* const metadata_;
  std::vector<std::vector<Segment>> exif_;  // streams, each in its segments
  std::vector<Segment> xmp_, extended_xmp_, icc_, resources_;
  bool gain_map_ = false;
  uint32_t pictures_ = 0;
};

// T.81, B.1.1.4 and B.2.1: markers and their segments, up to the first scan.
bool JpegReader::WalkSegments() {
  uint64_t position = 2;
  for (int segments = 0; segments < kMostSegments; ++segments) {
    if (!bytes_.Has(position, 2)) return false;
    if (bytes_.Byte(position) != 0xFF) {
      const void* found = std::memchr(bytes_.data() + position, 0xFF, bytes_.size() - position);
      if (found == nullptr) return false;
      position = static_cast<uint64_t>(static_cast<const uint8_t*>(found) - bytes_.data());
    }
    while (bytes_.Has(position, 1) && bytes_.Byte(position) == 0xFF) ++position;
    if (!bytes_.Has(position, 1)) return false;
    const uint8_t marker = bytes_.Byte(position++);
    if (marker == 0 || marker == kTem || (marker >= kRst0 && marker <= kSoi)) continue;
    if (marker == kEoi || !bytes_.Has(position, 2)) return false;
    const uint64_t length = bytes_.Big16(position);
    if (length < 2 || !bytes_.Has(position, length)) return false;
    if (marker == kSos) return true;
    Take(marker, {position + 2, Part(bytes_, position + 2, length - 2)});
    position += length;
  }
  return false;
}

void JpegReader::Take(uint8_t marker, const Segment& segment) {
  if (marker == kApp1) return TakeApp1(segment);
  if (marker == kApp2 && StartsWith(segment.body, kIcc)) return icc_.push_back(Behind(segment, kIcc.size()));
  if (marker == kApp2 && StartsWith(segment.body, kMpf)) return ReadMpf(Behind(segment, kMpf.size()));
  if (marker == kApp13 && StartsWith(segment.body, kPhotoshop)) {
    return resources_.push_back(Behind(segment, kPhotoshop.size()));
  }
  if (marker == kCom && metadata_->text.size() < kMostTextItems) {
    DecodedText text = DecodeDetected(segment.body);
    while (!text.utf8.empty() && text.utf8.back() == '\0') text.utf8.pop_back();
    if (text.guessed) {
      NoteGuessedText(metadata_, text.encoding, "text.Comment", Place(segment), segment.body);
    }
    metadata_->text.push_back({"Comment", std::move(text.utf8)});
  }
}

// Exif 3.0, 4.7.2.1; ISO 16684-3, 1.1.3. An Exif of more than 64 KB goes on in further
// segments, which then do not begin as a TIFF does.
void JpegReader::TakeApp1(const Segment& segment) {
  if (StartsWith(segment.body, kExif) && segment.body.size() > kExif.size()) {
    const Segment tiff = Behind(segment, kExif.size() + 1);
    if (!exif_.empty() && !IsTiff(tiff.body)) return exif_.back().push_back(tiff);
    if (exif_.size() < kMostExifStreams) exif_.push_back({tiff});
    return;
  }
  if (StartsWith(segment.body, kExtendedXmp)) {
    return extended_xmp_.push_back(Behind(segment, kExtendedXmp.size()));
  }
  if (!StartsWith(segment.body, kXmp)) return;
  if (xmp_.size() <= kMostXmpPackets) xmp_.push_back(Behind(segment, kXmp.size()));
  gain_map_ |= HasGainMap(ViewOf(segment.body));
}

void JpegReader::PutTogether() {
  // Up to the first that holds anything; of another behind it ReadExif takes note.
  for (const auto& segments : exif_) {
    const Segment exif = Joined(segments);
    ReadExif(exif.body, segments.size() == 1 ? Place(exif) : -1, metadata_);
  }
  for (const Segment& packet : xmp_) ReadXmp(packet.body, Place(packet), metadata_);
  if (!extended_xmp_.empty()) PutExtendedXmpTogether();
  if (!icc_.empty()) PutIccTogether();
  if (!resources_.empty()) {
    const Segment resources = Joined(resources_);
    ReadImageResources(resources.body, resources_.size() == 1 ? Place(resources) : -1, metadata_);
  }
  // Pillow's rule: more than one picture, and no gain map (Ultra HDR) among them.
  if (pictures_ > 1 && !gain_map_) metadata_->format = "MPO";
  if (pictures_ > 1) AddNote(metadata_, "multi_page", fmt::format("{} pictures", pictures_));
}

// ISO 16684-3, 1.1.3.1: GUID of 32 characters, full length, offset of this portion, all
// of which the packet names in xmpNote:HasExtendedXMP.
void JpegReader::PutExtendedXmpTogether() {
  const auto& xmp = metadata_->xmp;
  std::string_view guid;
  for (const XmpProperty& property : xmp) {
    if (property.name == "xmpNote:HasExtendedXMP" && !property.values.empty()) guid = property.values[0];
  }
  std::vector<uint8_t> whole;
  uint64_t length = 0, filled = 0;
  for (const Segment& segment : extended_xmp_) {
    const HostileBytes part(segment.body);
    if (!part.Has(0, 40) || ViewOf(segment.body.first(32)) != guid) continue;
    if (length == 0) {
      length = part.Big32(32);
      // Never more than the portions that there are could fill.
      if (length > extended_xmp_.size() * 65536 || length > kMostXmpBytes) break;
      whole.resize(length);
    }
    const uint64_t offset = part.Big32(36), size = part.size() - 40;
    if (part.Big32(32) != length || offset > length || size > length - offset) continue;
    std::memcpy(whole.data() + offset, part.data() + 40, size);
    filled += size;
  }
  if (length == 0 || filled < length) {
    return AddNote(metadata_, "damaged_xmp", "portions of extended XMP are missing or not announced",
                   Place(extended_xmp_[0]));
  }
  ReadXmpExtension(whole, metadata_);
}

// ICC.1:2022, B.4: number of this portion from 1, number of portions.
void JpegReader::PutIccTogether() {
  std::array<Segment, 256> portions;
  size_t count = 0, found = 0;
  for (const Segment& segment : icc_) {
    if (segment.body.size() < 2) continue;
    if (count == 0) count = segment.body[1];
    Segment& portion = portions[segment.body[0]];
    found += portion.position == 0 && segment.body[0] >= 1 && segment.body[0] <= count;
    if (portion.position == 0) portion = Behind(segment, 2);
  }
  if (count == 0 || found != count) {
    return AddNote(metadata_, "damaged_icc", fmt::format("{} of {} portions", found, count), Place(icc_[0]));
  }
  const Segment whole = Joined({portions.begin() + 1, portions.begin() + 1 + static_cast<ptrdiff_t>(count)});
  ReadIcc(whole.body, count == 1 ? Place(whole) : -1, metadata_);
}

// CIPA DC-007, 5.2.3 MP index IFD: 0xB001 number of images, 0xB002 16 bytes for each.
void JpegReader::ReadMpf(const Segment& segment) {
  const HostileBytes bytes(segment.body);
  if (pictures_ != 0 || !IsTiff(segment.body) || !bytes.Has(0, 8)) return;
  const bool big = bytes.Byte(0) == 'M';
  const auto number16 = [&](uint64_t at) { return big ? bytes.Big16(at) : bytes.Little16(at); };
  const auto number32 = [&](uint64_t at) { return big ? bytes.Big32(at) : bytes.Little32(at); };
  const uint64_t directory = number32(4);
  if (!bytes.Has(directory, 2)) return;
  uint32_t pictures = 0;
  uint64_t entry_bytes = 0;
  for (uint64_t i = 0; i < number16(directory) && bytes.Has(directory + 2 + 12 * i, 12); ++i) {
    const uint64_t at = directory + 2 + 12 * i;
    if (number16(at) == 0xB001) pictures = number32(at + 8);
    if (number16(at) == 0xB002) entry_bytes = number32(at + 4);
  }
  if (entry_bytes / 16 >= pictures) pictures_ = pictures;
}

// T.81, B.2.1: EOI is the last marker. The last one in the file is looked for.
void JpegReader::NoteTrailer() {
  const uint64_t size = bytes_.size();
  const uint64_t least = size > kTrailerLookedAt ? size - kTrailerLookedAt : 2;
  for (uint64_t end = size; end >= least + 2; --end) {
    if (bytes_.Byte(end - 1) != kEoi || bytes_.Byte(end - 2) != 0xFF) continue;
    if (end != size) {
      AddNote(metadata_, "trailing_bytes", fmt::format("{} bytes behind the image", size - end),
              static_cast<int64_t>(end));
    }
    return;
  }
  if (metadata_->judgement.verdict == Verdict::kOk) {
    AddNote(metadata_, "trailing_bytes", "more than 1 MiB behind the image");
  }
}

}  // namespace

void ReadJpegMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  JpegReader(bytes, metadata).Read();
  if (!metadata->header || metadata->header->bit_depth != 8) return;
  // What libjpeg calls these, whatever Adobe's marker says of their colours.
  switch (metadata->header->channels) {
    case 1:
      metadata->mode = "L";
      break;
    case 3:
      metadata->mode = "RGB";
      break;
    case 4:
      metadata->mode = "CMYK";
      break;
    default:
      break;
  }
}

}  // namespace pixlake::image
