// ISO/IEC 23008-12 (HEIF) and AV1 Image File Format (AVIF) 1.1.
#include <algorithm>

#include <fmt/format.h>

#include "image/header/heif_boxes_internal.h"

namespace pixlake::image {
namespace {

constexpr std::string_view kAlpha = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
constexpr std::string_view kAlphaOfHevc = "urn:mpeg:hevc:2015:auxid:1";

// 23008-12, 6.5.6 pixi: bits of each channel. Else the codec's configuration: AV1 (2.2.1
// of its file format) says whether it has 10 or 12 bits, HEVC (14496-15, 8.3.3.1) how many.
void ReadDepth(const HostileBytes& bytes, const HeifFile& file, const HeifItem& item, ImageHeader* header) {
  if (const HeifBox* pixi = file.Property(item, BoxKind("pixi"));
      pixi != nullptr && bytes.Has(pixi->data, 6)) {
    const int channels = bytes.Byte(pixi->data + 4), depth = bytes.Byte(pixi->data + 5);
    if (channels == 1 || channels == 3) header->channels = channels;
    if (depth >= 1 && depth <= 32) header->bit_depth = depth;
    return;
  }
  if (const HeifBox* av1 = file.Property(item, BoxKind("av1C")); av1 != nullptr && bytes.Has(av1->data, 3)) {
    const uint8_t flags = bytes.Byte(av1->data + 2);
    header->bit_depth = (flags & 0x40) == 0 ? 8 : (flags & 0x20) == 0 ? 10 : 12;
    if ((flags & 0x10) != 0) header->channels = 1;
  } else if (const HeifBox* hevc = file.Property(item, BoxKind("hvcC"));
             hevc != nullptr && bytes.Has(hevc->data, 18)) {
    header->bit_depth = (bytes.Byte(hevc->data + 17) & 7) + 8;
    if ((bytes.Byte(hevc->data + 16) & 3) == 0) header->channels = 1;
  }
}

// A tiled image has its codec's configuration with its tiles (6.6.2.3, "dimg").
const HeifItem* FirstTile(const HeifFile& file) {
  for (const HeifReference& reference : file.references) {
    if (reference.kind != BoxKind("dimg") || reference.from != *file.primary || reference.to.empty())
      continue;
    const auto tile = file.items.find(reference.to.front());
    if (tile != file.items.end()) return &tile->second;
  }
  return nullptr;
}

// 6.5.8: an auxiliary image of the primary one whose type says alpha.
bool HasAlpha(const HostileBytes& bytes, const HeifFile& file) {
  for (const HeifReference& reference : file.references) {
    if (reference.kind != BoxKind("auxl")) continue;
    if (std::find(reference.to.begin(), reference.to.end(), *file.primary) == reference.to.end()) continue;
    const auto item = file.items.find(reference.from);
    const HeifBox* type = item == file.items.end() ? nullptr : file.Property(item->second, BoxKind("auxC"));
    if (type == nullptr || type->end - type->data < 4) continue;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data() + type->data + 4),
                                static_cast<size_t>(type->end - type->data - 4));
    if (text.starts_with(kAlpha) || text.starts_with(kAlphaOfHevc)) return true;
  }
  return false;
}

// What the primary image and its tiles are made of has to be in the file.
std::optional<Judgement> CheckExtents(const HostileBytes& bytes, const HeifFile& file) {
  uint64_t missing = 0;
  for (const auto& [id, item] : file.items) {
    if (item.kind != BoxKind("hvc1") && item.kind != BoxKind("av01") && id != *file.primary) continue;
    for (const HeifExtent& extent : item.extents) {
      if (!bytes.Has(extent.offset, std::max<uint64_t>(extent.size, 1))) ++missing;
    }
  }
  if (missing == 0) return std::nullopt;
  return TruncatedAt(bytes,
                     fmt::format("HEIF: {} pieces of the image lie behind the end of the file", missing));
}

}  // namespace

HeaderResult ReadHeifHeader(const HostileBytes& bytes) {
  const HeifFile file = ReadHeifFile(bytes);
  const bool avif = DetectFormat({bytes.data(), static_cast<size_t>(bytes.size())}) == ImageFormat::kAvif;
  ImageHeader header{avif ? ImageFormat::kAvif : ImageFormat::kHeif, 0, 0, 3, 8};
  if (file.meta_end == 0 && file.has_movie)
    return {{}, UnsupportedAt(0, "HEIF: an image sequence without a still image")};
  const HeifItem* primary = file.Primary();
  const HeifBox* size = primary == nullptr ? nullptr : file.Property(*primary, BoxKind("ispe"));
  if (size == nullptr || size->end - size->data < 12) {
    if (file.cut) return {{}, TruncatedAt(bytes, "HEIF: the file ends before its image is described")};
    return {{},
            CorruptAt(static_cast<uint64_t>(std::max<int64_t>(file.damage, 0)),
                      "HEIF: no primary image with a size")};
  }
  // 6.5.3 ispe, in front of any turning or mirroring.
  header.width = bytes.Big32(size->data + 4);
  header.height = bytes.Big32(size->data + 8);
  ReadDepth(bytes, file, *primary, &header);
  const HeifItem* tile = FirstTile(file);
  if (tile != nullptr && file.Property(*primary, BoxKind("pixi")) == nullptr)
    ReadDepth(bytes, file, *tile, &header);
  if (HasAlpha(bytes, file)) header.channels = header.channels == 1 ? 2 : 4;
  if (file.cut)
    return {header, TruncatedAt(bytes, "HEIF: the file ends within the description of its images")};
  if (file.damage >= 0) {
    return {header, CorruptAt(static_cast<uint64_t>(file.damage), "HEIF: a box that contradicts itself")};
  }
  if (auto judgement = CheckExtents(bytes, file)) return {header, *std::move(judgement)};
  return {header, {}};
}

}  // namespace pixlake::image
