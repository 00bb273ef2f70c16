// Bytes for tests, put together by hand: small images of each format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <isa-l/crc.h>

#include "image/header/image_header.h"

namespace pixlake::image {

using namespace std::string_literals;
using namespace std::string_view_literals;

inline std::vector<uint8_t> Bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

inline std::string Number(uint64_t value, int size, bool big_endian = false) {
  std::string text;
  for (int i = 0; i < size; ++i) {
    text.push_back(static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i) & 0xFF));
  }
  return text;
}

inline std::string PngChunk(std::string_view type, std::string_view data) {
  std::string body(type);
  body += data;
  const uint32_t crc = crc32_gzip_refl(0, reinterpret_cast<const uint8_t*>(body.data()), body.size());
  return Number(data.size(), 4, true) + body + Number(crc, 4, true);
}

inline std::string PngStart(uint32_t width, uint32_t height, int depth, int colour) {
  return "\x89PNG\r\n\x1A\n" +
         PngChunk("IHDR", Number(width, 4, true) + Number(height, 4, true) +
                              Number(static_cast<uint64_t>(depth), 1) +
                              Number(static_cast<uint64_t>(colour), 1) + std::string(3, '\0'));
}

inline std::string JpegSegment(uint8_t marker, std::string_view body) {
  return "\xFF" + std::string(1, static_cast<char>(marker)) + Number(body.size() + 2, 2, true) +
         std::string(body);
}

// A frame header of `components` components with table 0, numbered from 1.
inline std::string JpegFrame(uint8_t marker, uint64_t width, uint64_t height, int components,
                             uint64_t bits = 8) {
  std::string body = Number(bits, 1) + Number(height, 2, true) + Number(width, 2, true);
  body.push_back(static_cast<char>(components));
  for (int i = 1; i <= components; ++i) body += std::string{static_cast<char>(i), '\x11', '\0'};
  return JpegSegment(marker, body);
}

inline std::string JpegScan() {
  return JpegSegment(0xDA, "\x01\x01\0\0\x3F\0"sv) + "data";
}

inline std::string JpegStart() {
  return "\xFF\xD8" + JpegSegment(0xDB, std::string(65, '\0').replace(1, 64, 64, '\1'));
}

inline std::string Jpeg(std::string_view frame) {
  return JpegStart() + std::string(frame) + JpegScan() + "\xFF\xD9";
}

struct TiffField {
  uint16_t tag;
  uint16_t type;  // 3: SHORT, 4: LONG, 16: LONG8
  uint64_t count;
  uint64_t value;
};

// A TIFF whose one directory stands at byte 8 (16 in a BigTIFF), then `rest`.
inline std::string Tiff(const std::vector<TiffField>& fields, std::string_view rest, bool big_endian = false,
                        bool big_tiff = false, uint64_t next = 0) {
  const auto put = [&](uint64_t value, int size) { return Number(value, size, big_endian); };
  const int wide = big_tiff ? 8 : 4;
  std::string file = big_endian ? "MM" : "II";
  file += put(big_tiff ? 43 : 42, 2);
  if (big_tiff) file += put(8, 2) + put(0, 2);
  file += put(big_tiff ? 16 : 8, wide) + put(fields.size(), big_tiff ? 8 : 2);
  for (const TiffField& field : fields) {
    file += put(field.tag, 2) + put(field.type, 2) + put(field.count, wide);
    const int size = field.type == 3 ? 2 : field.type == 4 ? 4 : 8;
    const bool inside = field.count * static_cast<uint64_t>(size) <= static_cast<uint64_t>(wide);
    std::string value = put(field.value, inside && field.count == 1 ? size : wide);
    value.resize(static_cast<size_t>(wide), '\0');
    file += value;
  }
  return file + put(next, wide) + std::string(rest);
}

}  // namespace pixlake::image
