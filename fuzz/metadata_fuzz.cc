// Metadata of any bytes: every container, and through them EXIF, GPS, XMP, IPTC, ICC and
// text. What is written is JSON in UTF-8 of bounded size.
#include <cstdlib>
#include <string>

#include "image/metadata/facts/common_facts.h"
#include "image/metadata/metadata.h"
#include "image/metadata/text_encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto metadata = pixlake::image::ReadMetadata({data, size});
  pixlake::image::NoteFileName("fuzz.jpg", &metadata);
  std::string json;
  pixlake::image::AppendMetadataJson(metadata, &json);
  if (json.size() > (size_t{16} << 20) + 64 * size) std::abort();
  if (!pixlake::image::IsUtf8(pixlake::image::BytesOf(json))) std::abort();
  for (const char c : json) {
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
  }
  if (metadata.gps && metadata.gps->latitude &&
      !(*metadata.gps->latitude >= -90 && *metadata.gps->latitude <= 90))
    std::abort();
  const auto facts = pixlake::image::CommonFactsOf(metadata);
  if (facts.taken_at.has_value() == facts.taken_at_zone.empty()) std::abort();
  if (facts.exposure_s && !(*facts.exposure_s > 0 && *facts.exposure_s < 1e8)) std::abort();
  if (!pixlake::image::IsUtf8(pixlake::image::BytesOf(facts.make + facts.artist + facts.copyright)))
    std::abort();
  const auto position = pixlake::image::PositionOf(metadata);
  if (position && position->longitude && !(*position->longitude >= -180 && *position->longitude <= 180))
    std::abort();
  return 0;
}
