// What is known of an image, whoever found it out: no parser is behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// What people ask photographs for (docs/metadata.md has where each comes from). An empty text and an
// empty list are none. Texts are UTF-8, without blanks around them, of at most kMostFactText bytes.
struct CommonFacts {
  std::string make, model, lens;
  std::optional<int64_t>
      taken_at;               // microseconds since 1970, UTC; by the wall's clock when the zone is unknown
  std::string taken_at_zone;  // "offset", "gps", "unknown"; empty without `taken_at`
  std::optional<double> exposure_s;
  std::optional<double> f_number;
  std::optional<int32_t> iso;
  std::optional<double> focal_length_mm;
  std::optional<int32_t> orientation;  // 1 to 8
  std::string software, artist, copyright;
  std::optional<int32_t> rating;  // 0 to 5; -1: rejected
  std::vector<std::string> keywords;

  bool operator==(const CommonFacts&) const = default;
};

inline constexpr size_t kMostFactText = 16 << 10;
inline constexpr size_t kMostKeywords = 1024;
inline constexpr size_t kMostKeywordBytes = 1 << 10;

// Calls `visit(name, member, what)` for each of the facts, in the order of raw.metadata's columns.
template <typename Facts, typename Visit>
void VisitFacts(Facts& facts, Visit&& visit) {
  visit("make", facts.make, "who made the camera");
  visit("model", facts.model, "the camera");
  visit("lens", facts.lens, "the lens");
  visit("taken_at", facts.taken_at, "when; by the wall's clock where taken_at_zone is unknown");
  visit("taken_at_zone", facts.taken_at_zone, "how the zone is known: offset, gps, unknown");
  visit("exposure_s", facts.exposure_s, "exposure, seconds");
  visit("f_number", facts.f_number, "focal length by aperture");
  visit("iso", facts.iso, "sensitivity");
  visit("focal_length_mm", facts.focal_length_mm, "focal length of the lens, millimetres");
  visit("orientation", facts.orientation, "1 as stored, 2 to 8 to be turned or mirrored");
  visit("software", facts.software, "what wrote the file");
  visit("artist", facts.artist, "who made the picture");
  visit("copyright", facts.copyright, "whose it is");
  visit("rating", facts.rating, "0 to 5 stars, -1 rejected");
  visit("keywords", facts.keywords, "of IPTC and XMP, each once");
}

// What an image says of itself.
struct Description {
  std::string format;  // Pillow's words; empty: unknown
  std::string mode;
  std::optional<GpsPosition> gps;
  CommonFacts facts;
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
