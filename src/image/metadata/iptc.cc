// IPTC-NAA Information Interchange Model, version 4.2; Adobe's image resources
// (Photoshop File Formats Specification, "Image Resource Blocks").
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/utf8.h"
#include "image/metadata/iptc_names_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr uint8_t kTagMarker = 0x1C;
constexpr uint32_t kIptcResource = 0x0404;
constexpr uint64_t kMostValueBytes = 64 << 10;

// IIM 4.2, 1:90 Coded character set: the escape sequences of ISO 2022 (UTF-8: ESC % G).
enum class Charset { kUnknown, kUtf8, kLatin1 };

Charset CharsetOf(std::span<const uint8_t> escape) {
  const std::string_view text = ViewOf(escape);
  if (text == "\x1B%G" || text == "\x1B%/G" || text == "\x1B%/H" || text == "\x1B%/I") return Charset::kUtf8;
  if (text == "\x1B.A" || text == "\x1B-A") return Charset::kLatin1;
  return Charset::kUnknown;
}

class IptcReader {
 public:
  IptcReader(const HostileBytes& bytes, int64_t offset, ImageMetadata* metadata)
      : bytes_(bytes), offset_(offset), metadata_(metadata) {}

  // IIM 4.2, 1.5 "Record structure": marker, record, number, length of 2 bytes; the
  // extended form has in them, with the top bit set, how many bytes of length follow.
  void Read() {
    uint64_t at = 0;
    while (bytes_.Has(at, 5) && bytes_.Byte(at) == kTagMarker) {
      uint64_t length = bytes_.Big16(at + 3), value = at + 5;
      if ((length & 0x8000) != 0) {
        const uint64_t width = length & 0x7FFF;
        if (width == 0 || width > 8 || !bytes_.Has(value, width)) return Damaged(at);
        length = 0;
        for (uint64_t i = 0; i < width; ++i) length = length << 8 | bytes_.Byte(value + i);
        value += width;
      }
      if (!bytes_.Has(value, length)) return Damaged(at);
      if (!Take(bytes_.Byte(at + 1), bytes_.Byte(at + 2), Part(bytes_, value, length), value)) return;
      at = value + length;
    }
    // Padding of zeros is usual, in front of nothing.
    const auto rest = bytes_.size() > at ? Part(bytes_, at, bytes_.size() - at) : std::span<const uint8_t>();
    if (std::any_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte != 0; })) Damaged(at);
  }

 private:
  bool Take(uint8_t record, uint8_t number, std::span<const uint8_t> value, uint64_t position) {
    if (metadata_->iptc.size() >= kMostIptcDatasets) {
      AddNote(metadata_, "damaged_iptc", "more datasets than are kept", InFile(position));
      return false;
    }
    if (record == 1 && number == 90) charset_ = CharsetOf(value);
    IptcDataset dataset{record, number, {}, {}};
    const IptcName* known = FindIptcName(record, number);
    if (known != nullptr) dataset.name = known->name;
    if (value.size() > kMostValueBytes) {
      AddNote(metadata_, "iptc_value_left_out",
              fmt::format("{}:{} of {} bytes", record, number, value.size()), InFile(position));
      return true;
    }
    if (known != nullptr && known->kind == IptcKind::kNumber) {
      uint64_t sum = 0;
      for (const uint8_t byte : value.first(std::min<size_t>(value.size(), 8))) sum = sum << 8 | byte;
      dataset.text = fmt::format("{}", sum);
    } else if (known != nullptr && known->kind == IptcKind::kBinary) {
      AppendBase64(value, &dataset.text);
    } else {
      dataset.text = Text(record, number, value, position);
    }
    metadata_->iptc.push_back(std::move(dataset));
    return true;
  }

  std::string Text(uint8_t record, uint8_t number, std::span<const uint8_t> value, uint64_t position) {
    while (!value.empty() && value.back() == 0) value = value.first(value.size() - 1);
    if (charset_ == Charset::kLatin1 && !IsAscii(value)) {
      std::string text;
      for (const uint8_t byte : value) AppendUtf8(byte, &text);
      return text;
    }
    DecodedText text = DecodeDetected(value);
    if (text.guessed) {
      NoteGuessedText(metadata_, text.encoding, fmt::format("iptc.{}:{}", record, number), InFile(position),
                      value);
    }
    return std::move(text.utf8);
  }

  void Damaged(uint64_t at) {
    AddNote(metadata_, "damaged_iptc", "a dataset is cut short or begins with another byte", InFile(at));
  }
  int64_t InFile(uint64_t at) const { return offset_ < 0 ? -1 : offset_ + static_cast<int64_t>(at); }

  const HostileBytes& bytes_;
  const int64_t offset_;
  ImageMetadata* const metadata_;
  Charset charset_ = Charset::kUnknown;
};

}  // namespace

void ReadIptc(std::span<const uint8_t> datasets, int64_t offset, ImageMetadata* metadata) {
  const HostileBytes bytes(datasets);
  IptcReader(bytes, offset, metadata).Read();
}

// "Image Resource Blocks": signature, id, a Pascal string padded to an even size, the
// size, and so many bytes, padded likewise.
void ReadImageResources(std::span<const uint8_t> resources, int64_t offset, ImageMetadata* metadata) {
  const HostileBytes bytes(resources);
  uint64_t at = 0;
  // "8BIM" is Photoshop's; the others are as old and have the same layout.
  static constexpr auto kSignatures =
      std::to_array<uint32_t>({0x3842494D, 0x4D655361, 0x41674867, 0x50485554});
  while (bytes.Has(at, 12)) {
    if (std::find(kSignatures.begin(), kSignatures.end(), bytes.Big32(at)) == kSignatures.end()) return;
    const uint32_t id = bytes.Big16(at + 4);
    const uint64_t name = 1 + uint64_t{bytes.Byte(at + 6)};
    const uint64_t size_at = at + 6 + name + (name & 1);
    if (!bytes.Has(size_at, 4))
      return AddNote(metadata, "damaged_iptc", "an image resource is cut short", offset);
    const uint64_t size = bytes.Big32(size_at), data = size_at + 4;
    if (!bytes.Has(data, size))
      return AddNote(metadata, "damaged_iptc", "an image resource is cut short", offset);
    if (id == kIptcResource) {
      ReadIptc(Part(bytes, data, size), offset < 0 ? -1 : offset + static_cast<int64_t>(data), metadata);
    }
    at = data + size + (size & 1);
  }
}

}  // namespace pixlake::image
