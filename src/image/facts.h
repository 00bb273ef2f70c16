// What is known of an image, whoever found it out: no parser is behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/format.h"
#include "image/verdict.h"

namespace pixlake::image {

struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  int64_t width = 0;   // pixels, before EXIF orientation
  int64_t height = 0;  // pixels
  int channels = 0;    // as decoded: a palette of colours is 3 (4 with transparency)
  int bit_depth = 0;   // bits a sample (16 for 16-bit PNG, 1 for bilevel TIFF, 8 for a palette's colours)
};

struct GpsPosition {
  std::optional<double> latitude;   // degrees, south negative
  std::optional<double> longitude;  // degrees, west negative
  std::optional<double> altitude;   // metres, below sea level negative
  std::optional<double> direction;  // degrees the camera looked at, 0 to 360
  std::string timestamp;            // ISO 8601, UTC; empty: none
};

// What an image says of itself.
struct Description {
  std::string format;  // Pillow's words; empty: unknown
  std::string mode;
  std::optional<GpsPosition> gps;
  std::string members;  // JSON members as AppendMetadataMembers writes them; empty: was not asked for
};

struct Answer {
  Judgement judgement;
  std::optional<ImageHeader> header;
  int64_t frames = 0;        // decoded whole; 0 when only the header was looked at
  bool over_memory = false;  // kBomb for the sake of the memory alone
  Description description;   // only with `describe`
};

}  // namespace pixlake::image
