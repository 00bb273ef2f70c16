// RFC 9649 (WebP Image Format), 2.7.
#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr int kMostChunks = 1 << 20;

}  // namespace

// 2.3 RIFF file format: FourCC, size, payload, padding to an even size. 2.7.1.4
// metadata: "EXIF" and "XMP "; 2.7.1.5 "ICCP"; 2.7.1.1 "ANMF", one a frame.
void ReadWebpMetadata(const HostileBytes& bytes, ImageMetadata* metadata) {
  using namespace std::string_view_literals;
  if (metadata->header) metadata->mode = metadata->header->channels == 4 ? "RGBA" : "RGB";
  uint64_t position = 12, frames = 0;
  const uint64_t end = bytes.Has(4, 4) ? 8 + uint64_t{bytes.Little32(4)} : 0;
  for (int chunks = 0; chunks < kMostChunks && position < end && bytes.Has(position, 8); ++chunks) {
    const std::string_view kind = ViewOf(Part(bytes, position, 4));
    const uint64_t size = bytes.Little32(position + 4), data = position + 8;
    if (!bytes.Has(data, size)) return;
    const auto payload = Part(bytes, data, size);
    const auto place = static_cast<int64_t>(data);
    if (kind == "EXIF") {
      // JPEG's header in front is a writer's mistake, and a common one.
      const size_t skipped = ViewOf(payload).starts_with("Exif\0\0"sv) ? 6 : 0;
      ReadExif(payload.subspan(skipped), place + static_cast<int64_t>(skipped), metadata);
    } else if (kind == "XMP ") {
      ReadXmp(payload, place, metadata);
    } else if (kind == "ICCP") {
      ReadIcc(payload, place, metadata);
    } else if (kind == "ANMF") {
      ++frames;
    }
    position = data + size + (size & 1);
  }
  if (frames > 1) AddNote(metadata, "animated", fmt::format("{} frames", frames));
  if (end != 0 && end < bytes.size()) {
    AddNote(metadata, "trailing_bytes", fmt::format("{} bytes behind the RIFF chunk", bytes.size() - end),
            static_cast<int64_t>(end));
  }
}

}  // namespace pixlake::image
