// TIFF streams for tests, put together by hand.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/header/header_fixture_internal.h"
#include "image/metadata/metadata.h"

namespace pixlake::image {

struct Field {
  uint16_t tag;
  uint16_t type;
  uint64_t count;
  std::string value;  // as it is stored, in the stream's byte order
};

// A directory at `offset`, then its values that do not fit in four bytes.
inline std::string Directory(uint64_t offset, const std::vector<Field>& fields, uint64_t next = 0,
                             bool big = false) {
  std::string entries = Number(fields.size(), 2, big), values;
  const uint64_t behind = offset + 2 + 12 * fields.size() + 4;
  for (const Field& field : fields) {
    entries += Number(field.tag, 2, big) + Number(field.type, 2, big) + Number(field.count, 4, big);
    if (field.value.size() <= 4) {
      entries += field.value + std::string(4 - field.value.size(), '\0');
    } else {
      entries += Number(behind + values.size(), 4, big);
      values += field.value;
    }
  }
  return entries + Number(next, 4, big) + values;
}

inline std::string TiffStart(bool big = false) {
  return big ? "MM\0*"s + Number(8, 4, true) : "II*\0"s + Number(8, 4);
}

inline std::string Fractions(std::initializer_list<uint32_t> numbers, bool big = false) {
  std::string text;
  for (const uint32_t number : numbers) text += Number(number, 4, big);
  return text;
}

// A JPEG of 8x8 grey pixels with the segments in front of its frame.
inline std::vector<uint8_t> JpegWith(std::string_view segments) {
  const std::string tables = JpegSegment(0xDB, std::string(1, '\0') + std::string(64, '\1'));
  return Bytes("\xFF\xD8" + std::string(segments) + tables + JpegFrame(0xC0, 8, 8, 1) + JpegScan() +
               "\xFF\xD9");
}

inline std::vector<uint8_t> JpegWithExif(std::string_view tiff) {
  return JpegWith(JpegSegment(0xE1, "Exif\0\0"s + std::string(tiff)));
}

// The facts with the bytes that they borrow.
inline ImageMetadata Read(std::vector<uint8_t> bytes) {
  ImageMetadata metadata = ReadMetadata(bytes);
  metadata.buffers.push_back(std::move(bytes));
  return metadata;
}

inline std::string JsonOf(const ImageMetadata& metadata) {
  std::string json;
  AppendMetadataJson(metadata, &json);
  return json;
}

}  // namespace pixlake::image
