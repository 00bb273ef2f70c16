// The parsers behind the containers alone, so that nothing has to be wrapped first: the
// first byte chooses EXIF, XMP, IPTC, image resources, ICC or a text's encoding.
#include <span>
#include <string>
#include <vector>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pixlake::image;
  if (size == 0) return 0;
  const std::span<const uint8_t> rest(data + 1, size - 1);
  ImageMetadata metadata;
  switch (data[0] % 6) {
    case 0:
      ReadExif(rest, 12, &metadata);
      ReadGps(&metadata);
      break;
    case 1:
      ReadXmp(rest, -1, &metadata);
      break;
    case 2:
      ReadIptc(rest, 0, &metadata);
      break;
    case 3:
      ReadImageResources(rest, 0, &metadata);
      break;
    case 4:
      ReadIcc(rest, 0, &metadata);
      break;
    default:
      DecodeCharsetText(rest, false);
      break;
  }
  std::string json;
  AppendMetadataJson(metadata, &json);
  return 0;
}
