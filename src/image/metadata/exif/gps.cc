// Exif 3.0 (CIPA DC-008-2023), 4.6.7: GPS attribute information.
#include <cmath>

#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"

namespace pixlake::image {
namespace {

enum GpsTag : uint16_t {
  kLatitudeRef = 1,
  kLatitude = 2,
  kLongitudeRef = 3,
  kLongitude = 4,
  kAltitudeRef = 5,
  kAltitude = 6,
  kTimeStamp = 7,
  kImgDirection = 17,
  kDateStamp = 29,
};

// Three rationals; nullopt when one is x/0. Writers leave minutes or seconds out.
std::optional<double> Sixtieths(const ExifData& exif, const ExifEntry& entry) {
  double seconds = 0, scale = 3600;
  if (entry.count() == 0) return std::nullopt;
  for (uint64_t i = 0; i < 3 && i < entry.count(); ++i, scale /= 60) {
    const Rational part = exif.RationalAt(entry, i);
    if (part.denominator == 0) {
      // Degrees and minutes known, seconds 0/0: what many writers mean by "no seconds".
      if (i > 0 && part.numerator == 0) continue;
      return std::nullopt;
    }
    seconds += exif.Real(entry, i) * scale;
  }
  return seconds / 3600;  // whole seconds stay exact up to here
}

bool IsRational(const ExifEntry& entry) {
  return entry.type == kExifRational || entry.type == kExifSignedRational;
}

class GpsReader {
 public:
  GpsReader(const ExifDirectory& directory, ImageMetadata* metadata)
      : directory_(directory), exif_(metadata->exif), metadata_(metadata) {}

  // 4.6.7, GPSLatitude and GPSLongitude: the reference has the sign.
  std::optional<double> Angle(uint16_t tag, uint16_t reference_tag, char negative, char positive,
                              double most) {
    const ExifEntry* entry = directory_.Find(tag);
    if (entry == nullptr) return std::nullopt;
    if (!IsRational(*entry)) return Out(*entry, "gps_damaged", "is no rational");
    const auto degrees = Sixtieths(exif_, *entry);
    if (!degrees) return Out(*entry, "gps_no_position", "has a denominator of 0");
    const ExifEntry* reference = directory_.Find(reference_tag);
    const std::string_view letter = reference == nullptr ? std::string_view() : reference->text;
    if (letter.empty()) return Out(*entry, "gps_without_reference", "has no reference");
    const char sign = static_cast<char>(letter[0] & ~0x20);
    if (sign != negative && sign != positive) {
      return Out(*entry, "gps_without_reference", "has a reference that is none");
    }
    if (!(*degrees >= 0 && *degrees <= most)) {
      return Out(*entry, "gps_out_of_range", fmt::format("is {} degrees", *degrees));
    }
    return sign == negative ? -*degrees : *degrees;
  }

  // GPSAltitudeRef: 0 above and 1 below sea level; 2 and 3 the same from the ellipsoid
  // (Exif 3.0). Its default is 0, so that one left out is no guess.
  std::optional<double> Altitude() {
    const ExifEntry* entry = directory_.Find(kAltitude);
    if (entry == nullptr) return std::nullopt;
    const auto metres = Number(*entry);
    if (!metres) return std::nullopt;
    const ExifEntry* reference = directory_.Find(kAltitudeRef);
    uint64_t below = 0;
    if (reference != nullptr) below = exif_.Integer(*reference);
    // Written as the text "0" or "1" by some.
    if (reference != nullptr && reference->type == kExifAscii && below >= '0') below -= '0';
    if (below > 3) return Out(*entry, "gps_without_reference", fmt::format("has the reference {}", below));
    // Said twice, by the sign as well, it is still below.
    return (below & 1) != 0 ? -std::abs(*metres) : *metres;
  }

  std::optional<double> Direction() {
    const ExifEntry* entry = directory_.Find(kImgDirection);
    if (entry == nullptr) return std::nullopt;
    const auto degrees = Number(*entry);
    if (!degrees) return std::nullopt;
    if (!(*degrees >= 0 && *degrees <= 360)) {
      return Out(*entry, "gps_out_of_range", fmt::format("is {} degrees", *degrees));
    }
    return degrees;
  }

  // GPSDateStamp "YYYY:MM:DD" and GPSTimeStamp, both UTC; one without the other is no
  // point in time.
  std::string Timestamp() {
    const ExifEntry* date = directory_.Find(kDateStamp);
    const ExifEntry* time = directory_.Find(kTimeStamp);
    if (date == nullptr || time == nullptr || !date->is_text || !IsRational(*time) || time->count() < 3)
      return {};
    int64_t ymd[3] = {0, 0, 0};
    if (!ReadDate(date->text, ymd)) {
      if (!date->text.empty()) Out(*date, "gps_out_of_range", "is no date");
      return {};
    }
    for (uint64_t i = 0; i < 3; ++i) {
      if (exif_.RationalAt(*time, i).denominator == 0) return {};
    }
    const double parts[] = {exif_.Real(*time, 0), exif_.Real(*time, 1), exif_.Real(*time, 2)};
    // In milliseconds, so that fractions of hours and minutes carry over, and a second that was
    // rounded up to 60.
    const double total = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1000;
    const bool leap = parts[0] == 23 && parts[1] == 59 && parts[2] >= 60;
    const bool clock =
        parts[0] >= 0 && parts[0] < 24 && parts[1] >= 0 && parts[1] < 60 && parts[2] >= 0 && parts[2] < 61;
    if (!clock || (total >= kDay && !leap)) {
      Out(*time, "gps_out_of_range", "is no time of day");
      return {};
    }
    auto ms = static_cast<int64_t>(std::llround(total));
    // A leap second is written as :60; what rounds up to midnight is the day's last millisecond.
    ms = std::min(ms, kDay + (leap ? 1000 : 0) - 1);
    const int64_t hour = std::min<int64_t>(ms / 3600000, 23);
    const int64_t minute = std::min<int64_t>((ms - hour * 3600000) / 60000, 59);
    ms -= hour * 3600000 + minute * 60000;
    std::string text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", ymd[0], ymd[1], ymd[2], hour, minute, ms / 1000);
    if (ms % 1000 != 0) text += fmt::format(".{:03}", ms % 1000);
    return text + "Z";
  }

 private:
  static constexpr int64_t kDay = 86400000;  // milliseconds

  static int64_t DaysOf(int64_t year, int64_t month) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2) return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }

  static bool ReadDate(std::string_view text, int64_t (&ymd)[3]) {
    if (text.size() < 10) return false;
    static constexpr struct {
      size_t at, digits;
      int64_t least, most;
    } kParts[] = {{0, 4, 1900, 9999}, {5, 2, 1, 12}, {8, 2, 1, 31}};
    for (int i = 0; i < 3; ++i) {
      for (size_t k = 0; k < kParts[i].digits; ++k) {
        const char digit = text[kParts[i].at + k];
        if (digit < '0' || digit > '9') return false;
        ymd[i] = ymd[i] * 10 + (digit - '0');
      }
      if (ymd[i] < kParts[i].least || ymd[i] > kParts[i].most) return false;
    }
    if (ymd[2] > DaysOf(ymd[0], ymd[1])) return false;
    const auto separates = [](char c) { return c == ':' || c == '-' || c == '/' || c == '.'; };
    return separates(text[4]) && separates(text[7]) && (text.size() == 10 || text[10] == ' ');
  }

  // One rational; a denominator of 0 is no value.
  std::optional<double> Number(const ExifEntry& entry) {
    if (!IsRational(entry) || entry.count() == 0) return Out(entry, "gps_damaged", "is no rational");
    if (exif_.RationalAt(entry).denominator == 0)
      return Out(entry, "gps_no_position", "has a denominator of 0");
    return exif_.Real(entry);
  }

  std::nullopt_t Out(const ExifEntry& entry, std::string_view code, std::string_view what) {
    const std::string name = TagText(entry);
    AddNote(metadata_, code, fmt::format("{} {}", name, what), entry.offset, "GPS." + name);
    return std::nullopt;
  }

  const ExifDirectory& directory_;
  const ExifData& exif_;
  ImageMetadata* const metadata_;
};

}  // namespace

void ReadGps(ImageMetadata* metadata) {
  const ExifDirectory* directory = metadata->exif.Directory("GPS");
  if (directory == nullptr) return;
  GpsReader reader(*directory, metadata);
  GpsPosition position;
  position.latitude = reader.Angle(kLatitude, kLatitudeRef, 'S', 'N', 90);
  position.longitude = reader.Angle(kLongitude, kLongitudeRef, 'W', 'E', 180);
  position.altitude = reader.Altitude();
  position.direction = reader.Direction();
  position.timestamp = reader.Timestamp();
  metadata->gps = std::move(position);
}

}  // namespace pixlake::image
