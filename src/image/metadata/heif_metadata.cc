// ISO/IEC 23008-12, Annex A: EXIF and XMP are items of their own; profiles are properties.
#include <algorithm>
#include <unordered_set>

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
  uint64_t skipped = 4 + uint64_t{bytes.Big32(0)};
  if (skipped >= item.size()) {
    AddNote(metadata, "damaged_exif", "the EXIF item says that its header stands behind its end", offset);
    return;
  }
  using namespace std::string_view_literals;
  // JPEG's header in front is a writer's mistake.
  if (ViewOf(item.subspan(static_cast<size_t>(skipped))).starts_with("Exif\0\0"sv)) skipped += 6;
  ReadExif(item.subspan(static_cast<size_t>(skipped)),
           offset < 0 ? -1 : offset + static_cast<int64_t>(skipped), metadata);
}

// How near what an item describes (A.2, "cdsc") is to the primary image; the lowest is taken.
enum Nearness { kOfPrimary, kOfSource, kOfNothing, kOfAnother };

class HeifReader {
 public:
  HeifReader(const HostileBytes& bytes, ImageMetadata* metadata)
      : bytes_(bytes), metadata_(metadata), file_(ReadHeifFile(bytes)) {
    if (file_.Primary() != nullptr) sources_ = file_.Sources(*file_.primary);
  }

  void Read() {
    TakeDescriptions(BoxKind("Exif"), {});
    TakeDescriptions(BoxKind("mime"), "application/rdf+xml");
    TakeProfile();
    NoteTransformations();
    if (file_.has_movie) AddNote(metadata_, "animated", "an image sequence");
  }

 private:
  // Items that describe an image: those of the primary one, else of what it is derived from, else those
  // that say nothing of whose they are. What others have, as a thumbnail or depth, is not the image's.
  void TakeDescriptions(uint32_t kind, std::string_view content_type) {
    const auto described = file_.References(BoxKind("cdsc"));
    const std::unordered_set<uint32_t> sources(sources_.begin(), sources_.end());
    const auto nearness = [&](uint32_t id) {
      const auto found = described.find(id);
      if (found == described.end()) return kOfNothing;
      const auto& to = found->second;
      if (std::find(to.begin(), to.end(), file_.primary.value_or(0)) != to.end()) return kOfPrimary;
      const bool source =
          std::any_of(to.begin(), to.end(), [&](uint32_t each) { return sources.contains(each); });
      return source ? kOfSource : kOfAnother;
    };
    std::vector<uint32_t> nearest;
    Nearness least = kOfAnother;
    for (const auto& [id, item] : file_.items) {
      if (item.kind != kind || item.content_type != content_type) continue;
      const Nearness near = nearness(id);
      if (near < least) nearest.clear();
      least = std::min(least, near);
      if (near == least) nearest.push_back(id);
    }
    if (nearest.empty()) return;
    if (least == kOfAnother) {
      return AddNote(metadata_, "other_image_metadata",
                     fmt::format("{} that describes another image of the file than the primary one",
                                 content_type.empty() ? "EXIF" : "XMP"));
    }
    // Each tile may have a copy.
    if (least == kOfSource) nearest.resize(1);
    for (const uint32_t id : nearest) TakeDescription(*file_.Item(id), kind);
  }

  void TakeDescription(const HeifItem& item, uint32_t kind) {
    int64_t offset = -1;
    const auto content = ItemBytes(bytes_, item, metadata_, &offset);
    if (content.empty()) {
      AddNote(metadata_, kind == BoxKind("Exif") ? "damaged_exif" : "damaged_xmp",
              "its bytes are not in the file");
    } else if (kind == BoxKind("Exif")) {
      ReadExifItem(content, offset, metadata_);
    } else {
      ReadXmp(content, offset, metadata_);
    }
  }

  // 14496-12, 12.1.5: a profile, or numbers in place of one ("nclx"). Writers of grids put it with the
  // tiles as often as with the grid.
  void TakeProfile() {
    for (const uint32_t id : sources_) {
      for (const uint32_t index : file_.Item(id)->properties) {
        if (index == 0 || index > file_.properties.size()) continue;
        const HeifBox& box = file_.properties[index - 1];
        if (box.kind != BoxKind("colr") || box.end - box.data < 4) continue;
        const uint32_t kind = bytes_.Big32(box.data);
        if (kind != BoxKind("prof") && kind != BoxKind("rICC")) continue;
        return ReadIcc(Part(bytes_, box.data + 4, box.end - box.data - 4), static_cast<int64_t>(box.data + 4),
                       metadata_);
      }
    }
  }

  // 23008-12, 6.5.9 clap (14496-12, 12.1.4), 6.5.10 irot, 6.5.12 imir: how the stored pixels are to be
  // shown, in the order in which the properties stand. Our sizes are the stored ones.
  void NoteTransformations() {
    const HeifItem* primary = file_.Primary();
    if (primary == nullptr) return;
    for (const uint32_t index : primary->properties) {
      if (index == 0 || index > file_.properties.size()) continue;
      const HeifBox& box = file_.properties[index - 1];
      const auto place = static_cast<int64_t>(box.begin);
      const uint64_t size = box.end - box.data;
      if (box.kind == BoxKind("irot") && size >= 1) {
        const int turns = bytes_.Byte(box.data) & 3;
        if (turns != 0)
          AddNote(metadata_, "irot", fmt::format("to be turned anticlockwise by {} degrees", 90 * turns),
                  place);
      } else if (box.kind == BoxKind("imir") && size >= 1) {
        const bool sides = (bytes_.Byte(box.data) & 1) != 0;
        AddNote(metadata_, "imir",
                sides ? "to be mirrored: left and right change places"
                      : "to be mirrored: top and bottom change places",
                place);
      } else if (box.kind == BoxKind("clap") && size >= 32) {
        NoteCrop(box);
      }
    }
  }

  void NoteCrop(const HeifBox& box) {
    const auto fraction = [&](uint64_t i) {
      const auto denominator = static_cast<double>(bytes_.Big32(box.data + 8 * i + 4));
      const double numerator =
          i < 2 ? static_cast<double>(bytes_.Big32(box.data + 8 * i))
                : static_cast<double>(static_cast<int32_t>(bytes_.Big32(box.data + 8 * i)));
      return denominator == 0 ? 0.0 : numerator / denominator;
    };
    AddNote(metadata_, "clap",
            fmt::format("to be cropped to {}x{} pixels, its centre off the image's by {},{}", fraction(0),
                        fraction(1), fraction(2), fraction(3)),
            static_cast<int64_t>(box.begin));
  }

  const HostileBytes& bytes_;
  ImageMetadata* const metadata_;
  const HeifFile file_;
  std::vector<uint32_t> sources_;  // of the primary image
};

}  // namespace

void ReadHeifMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  if (metadata->header) {
    const int channels = metadata->header->channels;
    metadata->mode = channels == 1 ? "L" : channels == 2 ? "LA" : channels == 4 ? "RGBA" : "RGB";
  }
  HeifReader(bytes, metadata).Read();
}

}  // namespace pixlake::image
