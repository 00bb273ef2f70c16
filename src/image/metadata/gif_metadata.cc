// GIF89a Specification (CompuServe, 1990); ISO 16684-3 (XMP in files), 1.1.2.
#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr int kMostSubBlocks = 1 << 24;
constexpr uint8_t kExtension = 0x21, kImage = 0x2C, kTrailer = 0x3B, kComment = 0xFE, kApplication = 0xFF;

class GifReader {
 public:
  GifReader(const HostileBytes& bytes, ImageMetadata* metadata) : bytes_(bytes), metadata_(metadata) {}

  // 18 to 27: screen descriptor, blocks, trailer.
  void Read() {
    if (!bytes_.Has(0, 13)) return;
    const bool coloured = NeedsPalette(13, bytes_.Byte(10));
    uint64_t position = 13 + TableBytes(bytes_.Byte(10)), frames = 0;
    while (position != 0 && bytes_.Has(position, 1)) {
      const uint8_t kind = bytes_.Byte(position);
      if (kind == kTrailer) {
        NoteTrailer(position + 1);
        break;
      }
      if (kind == kExtension) {
        if (!bytes_.Has(position, 3)) break;
        position = TakeExtension(bytes_.Byte(position + 1), position + 2);
      } else if (kind == kImage) {
        if (!bytes_.Has(position, 10)) break;
        const uint8_t packed = bytes_.Byte(position + 9);
        if (frames++ == 0) SetMode(coloured, position + 10, packed);
        position = SkipSubBlocks(position + 11 + TableBytes(packed));
      } else {
        ++position;  // a stray byte between blocks
      }
    }
    if (frames > 1) AddNote(metadata_, "animated", fmt::format("{} frames", frames));
  }

 private:
  static uint64_t TableBytes(uint8_t packed) {
    return (packed & 0x80) == 0 ? 0 : uint64_t{3} << ((packed & 7) + 1);
  }

  // Pillow's rule: a table in which each colour is its index's grey is none.
  bool NeedsPalette(uint64_t position, uint8_t packed) const {
    const uint64_t size = TableBytes(packed);
    if (!bytes_.Has(position, size)) return false;
    for (uint64_t i = 0; i < size; ++i) {
      if (bytes_.Byte(position + i) != i / 3) return true;
    }
    return false;
  }

  void SetMode(bool coloured, uint64_t table, uint8_t packed) {
    if ((packed & 0x80) != 0) coloured = NeedsPalette(table, packed);
    metadata_->mode = coloured ? "P" : "L";
  }

  // 15. Data sub-blocks. 0 when the file ends before they do.
  uint64_t SkipSubBlocks(uint64_t position) {
    while (bytes_.Has(position, 1) && --budget_ > 0) {
      const uint64_t size = bytes_.Byte(position);
      position += 1 + size;
      if (size == 0) return position;
    }
    return 0;
  }

  std::vector<uint8_t> JoinSubBlocks(uint64_t position, size_t most) const {
    std::vector<uint8_t> joined;
    while (bytes_.Has(position, 1) && bytes_.Byte(position) != 0 && joined.size() < most) {
      const uint64_t size = bytes_.Byte(position);
      if (!bytes_.Has(position + 1, size)) break;
      const auto part = Part(bytes_, position + 1, size);
      joined.insert(joined.end(), part.begin(), part.end());
      position += 1 + size;
    }
    return joined;
  }

  // 24. comment, 26. application extension: 11 bytes that name it, then sub-blocks.
  // XMP's packet stands across the sub-blocks' sizes, so that it can be found as text;
  // 258 bytes that lead any reader of sub-blocks to the end are behind it.
  uint64_t TakeExtension(uint8_t label, uint64_t position) {
    const uint64_t end = SkipSubBlocks(position);
    if (label == kComment && metadata_->text.size() < kMostTextItems) {
      const auto comment = JoinSubBlocks(position, kMostTextBytes);
      metadata_->text.push_back({"Comment", DecodeDetected(comment).utf8});
    }
    if (label != kApplication || end == 0 || bytes_.Byte(position) != 11) return end;
    const std::string_view name = ViewOf(Part(bytes_, position + 1, 11));
    const uint64_t data = position + 12;
    if (name == "XMP DataXMP" && end > data + 258) {
      ReadXmp(Part(bytes_, data, end - data - 258), static_cast<int64_t>(data), metadata_);
    } else if (name == "ICCRGBG1012") {
      metadata_->buffers.push_back(JoinSubBlocks(data, kMostInflated));
      ReadIcc(metadata_->buffers.back(), -1, metadata_);
    }
    return end;
  }

  void NoteTrailer(uint64_t end) {
    if (end >= bytes_.size()) return;
    AddNote(metadata_, "trailing_bytes", fmt::format("{} bytes behind the trailer", bytes_.size() - end),
            static_cast<int64_t>(end));
  }

  const HostileBytes& bytes_;
  ImageMetadata* const metadata_;
  int budget_ = kMostSubBlocks;
};

}  // namespace

void ReadGifMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  GifReader(bytes, metadata).Read();
}

}  // namespace pixlake::image
