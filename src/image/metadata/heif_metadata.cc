// ISO/IEC 23008-12, Annex A: EXIF and XMP are items of their own; profiles are properties.
#include <fmt/format.h>

#include "image/header/heif_boxes_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

// The bytes of an item where they stand, or put together when they lie apart. Empty when
// they are not all there.
std::span<const uint8_t> ItemBytes(const HostileBytes& bytes, const HeifItem& item, ImageMetadata* metadata,
                                   int64_t* offset) {
  *offset = -1;
  uint64_t total = 0;
  for (const HeifExtent& extent : item.extents) {
    const uint64_t size =
        extent.size == 0 && bytes.Has(extent.offset, 0) ? bytes.size() - extent.offset : extent.size;
    if (!bytes.Has(extent.offset, size)) return {};
    total += size;
    if (item.extents.size() == 1) {
      *offset = static_cast<int64_t>(extent.offset);
      return Part(bytes, extent.offset, size);
    }
  }
  if (total == 0 || total > kMostXmpBytes) return {};
  std::vector<uint8_t>& whole = metadata->buffers.emplace_back();
  for (const HeifExtent& extent : item.extents) {
    const auto part = Part(bytes, extent.offset, extent.size);
    whole.insert(whole.end(), part.begin(), part.end());
  }
  return whole;
}

// Annex A.2.1: 4 bytes say how far behind them the TIFF header stands.
void ReadExifItem(std::span<const uint8_t> item, int64_t offset, ImageMetadata* metadata) {
  if (item.size() < 4) return;
  const HostileBytes bytes(item);
  const uint64_t skipped = 4 + uint64_t{bytes.Big32(0)};
  if (skipped >= item.size()) {
    AddNote(metadata, "damaged_exif", "the EXIF item says that its header stands behind its end", offset);
    return;
  }
  ReadExif(item.subspan(static_cast<size_t>(skipped)),
           offset < 0 ? -1 : offset + static_cast<int64_t>(skipped), metadata);
}

}  // namespace

void ReadHeifMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  if (metadata->header) {
    const int channels = metadata->header->channels;
    metadata->mode = channels == 1 ? "L" : channels == 2 ? "LA" : channels == 4 ? "RGBA" : "RGB";
  }
  const HeifFile file = ReadHeifFile(bytes);
  bool exif = false;
  for (const auto& [id, item] : file.items) {
    int64_t offset = -1;
    if (item.kind == BoxKind("Exif") && !exif) {
      exif = true;
      ReadExifItem(ItemBytes(bytes, item, metadata, &offset), offset, metadata);
    } else if (item.kind == BoxKind("mime") && item.content_type == "application/rdf+xml") {
      const auto packet = ItemBytes(bytes, item, metadata, &offset);
      ReadXmp(packet, offset, metadata);
    }
  }
  if (const HeifItem* primary = file.Primary(); primary != nullptr) {
    // 14496-12, 12.1.5: a profile, or numbers in place of one ("nclx").
    for (const uint32_t index : primary->properties) {
      if (index == 0 || index > file.properties.size()) continue;
      const HeifBox& box = file.properties[index - 1];
      if (box.kind != BoxKind("colr") || box.end - box.data < 4) continue;
      const uint32_t kind = bytes.Big32(box.data);
      if (kind != BoxKind("prof") && kind != BoxKind("rICC")) continue;
      ReadIcc(Part(bytes, box.data + 4, box.end - box.data - 4), static_cast<int64_t>(box.data + 4),
              metadata);
    }
  }
  if (file.has_movie) AddNote(metadata, "animated", "an image sequence");
}

}  // namespace pixlake::image
