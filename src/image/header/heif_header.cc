// ISO/IEC 23008-12 (HEIF) and AV1 Image File Format (AVIF) 1.1.
#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "image/header/heif_boxes_internal.h"

namespace pixlake::image {
namespace {

// The codec's configuration is what the pixels are: AV1 (2.2.1 of its file format) says whether
// it has 10 or 12 bits, HEVC (14496-15, 8.3.3.1) how many. False when there is none.
bool ReadConfiguration(const HostileBytes& bytes, const HeifFile& file, const HeifItem& item,
                       ImageHeader* header) {
  if (const HeifBox* av1 = file.Property(item, BoxKind("av1C"));
      av1 != nullptr && av1->end - av1->data >= 3) {
    const uint8_t flags = bytes.Byte(av1->data + 2);
    header->bit_depth = (flags & 0x40) == 0 ? 8 : (flags & 0x20) == 0 ? 10 : 12;
    if ((flags & 0x10) != 0) header->channels = 1;
    return true;
  }
  const HeifBox* hevc = file.Property(item, BoxKind("hvcC"));
  if (hevc == nullptr || hevc->end - hevc->data < 18) return false;
  header->bit_depth = (bytes.Byte(hevc->data + 17) & 7) + 8;
  if ((bytes.Byte(hevc->data + 16) & 3) == 0) header->channels = 1;
  return true;
}

// 23008-12, 6.5.6 pixi: bits of each channel, as the writer says.
bool ReadPixelInformation(const HostileBytes& bytes, const HeifFile& file, const HeifItem& item,
                          ImageHeader* header) {
  const HeifBox* pixi = file.Property(item, BoxKind("pixi"));
  if (pixi == nullptr || pixi->end - pixi->data < 6) return false;
  const int channels = bytes.Byte(pixi->data + 4), depth = bytes.Byte(pixi->data + 5);
  if (channels == 1 || channels == 3) header->channels = channels;
  if (depth >= 1 && depth <= 32) header->bit_depth = depth;
  return true;
}

// A tiled image has its codec's configuration with its tiles (6.6.2.3, "dimg").
void ReadDepth(const HostileBytes& bytes, const HeifFile& file, const std::vector<uint32_t>& sources,
               ImageHeader* header) {
  for (const auto read : {ReadConfiguration, ReadPixelInformation}) {
    for (const uint32_t id : sources) {
      const HeifItem* item = file.Item(id);
      if (item != nullptr && read(bytes, file, *item, header)) return;
    }
  }
}

// 6.5.8 auxC, and the types that there are for alpha (MIAF 7.3.5.2, 23008-12 annexes B and E).
bool IsAlpha(const HostileBytes& bytes, const HeifFile& file, uint32_t id) {
  const HeifItem* item = file.Item(id);
  const HeifBox* type = item == nullptr ? nullptr : file.Property(*item, BoxKind("auxC"));
  if (type == nullptr || type->end - type->data < 4) return false;
  std::string_view text(reinterpret_cast<const char*>(bytes.data() + type->data + 4),
                        static_cast<size_t>(type->end - type->data - 4));
  text = text.substr(0, text.find('\0'));
  return text == "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha" || text == "urn:mpeg:hevc:2015:auxid:1" ||
         text == "urn:mpeg:avc:2015:auxid:1";
}

// An auxiliary image of the primary one whose type says alpha; of a grid also one for each of its tiles.
bool HasAlpha(const HostileBytes& bytes, const HeifFile& file, const std::vector<uint32_t>& sources) {
  std::unordered_set<uint32_t> with_alpha;
  for (const auto& [from, to] : file.References(BoxKind("auxl"))) {
    if (IsAlpha(bytes, file, from)) with_alpha.insert(to.begin(), to.end());
  }
  if (with_alpha.contains(*file.primary)) return true;
  const auto derived = file.References(BoxKind("dimg"));
  const auto has = [&](uint32_t id) { return derived.contains(id) || with_alpha.contains(id); };
  return sources.size() > 1 && !with_alpha.empty() && std::all_of(sources.begin(), sources.end(), has);
}

// What the primary image and its tiles are made of has to be in the file.
std::optional<Judgement> CheckExtents(const HostileBytes& bytes, const HeifFile& file) {
  uint64_t missing = 0;
  for (const auto& [id, item] : file.items) {
    static constexpr std::array kCoded{BoxKind("hvc1"), BoxKind("av01"), BoxKind("avc1"), BoxKind("vvc1"),
                                       BoxKind("jpeg"), BoxKind("j2k1"), BoxKind("unci")};
    if (std::find(kCoded.begin(), kCoded.end(), item.kind) == kCoded.end() && id != *file.primary) continue;
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
  if (file.meta_end == 0 && file.minimized)
    return {{},
            UnsupportedAt(0, "HEIF: a MinimizedImageBox (mini) in place of items, of ISO/IEC 23008-12:2025")};
  const HeifItem* primary = file.Primary();
  const auto sources = primary == nullptr ? std::vector<uint32_t>() : file.Sources(*file.primary);
  const HeifBox* size = primary == nullptr ? nullptr : file.Property(*primary, BoxKind("ispe"));
  // 6.6.2.1: an identity is as large as what it shows.
  if (size == nullptr && sources.size() > 1 && primary->kind == BoxKind("iden"))
    size = file.Property(*file.Item(sources[1]), BoxKind("ispe"));
  if (size == nullptr || size->end - size->data < 12) {
    if (file.cut) return {{}, TruncatedAt(bytes, "HEIF: the file ends before its image is described")};
    return {{},
            CorruptAt(static_cast<uint64_t>(std::max<int64_t>(file.damage, 0)),
                      "HEIF: no primary image with a size")};
  }
  // 6.5.3 ispe, in front of any turning or mirroring.
  header.width = bytes.Big32(size->data + 4);
  header.height = bytes.Big32(size->data + 8);
  ReadDepth(bytes, file, sources, &header);
  if (HasAlpha(bytes, file, sources)) header.channels = header.channels == 1 ? 2 : 4;
  if (file.cut)
    return {header, TruncatedAt(bytes, "HEIF: the file ends within the description of its images")};
  if (file.damage >= 0) {
    return {header, CorruptAt(static_cast<uint64_t>(file.damage), "HEIF: a box that contradicts itself")};
  }
  if (auto judgement = CheckExtents(bytes, file)) return {header, *std::move(judgement)};
  return {header, {}};
}

}  // namespace pixlake::image
