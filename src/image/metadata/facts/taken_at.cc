// When a picture was taken: Exif 3.0 (CIPA DC-008-2023), 4.6.5.4 (dates), 4.6.6.6 (offsets and
// fractions); XMP part 1, 8.2.1.1 (Date); IIM 4.2, 2:55 and 2:60. docs/metadata.md has the order.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "image/metadata/facts/facts_internal.h"

namespace pixlake::image {
namespace {

constexpr int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
// Before the first there was no photography; what claims to be after the last is no date.
constexpr int kFirstYear = 1826, kLastYear = 2199;
constexpr int64_t kMostOffset = 14 * kHour + 59 * kMinute;

// What a clock showed, and what is known of its zone.
struct Clock {
  int64_t micros = 0;  // as if it were UTC
  std::optional<int64_t> offset;
};

// A reader of fixed digits; a failure sticks.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}

  int Take(size_t digits) {
    int number = 0;
    if (rest_.size() < digits) failed_ = true;
    for (size_t i = 0; i < digits && !failed_; ++i) {
      failed_ = rest_[i] < '0' || rest_[i] > '9';
      number = number * 10 + (rest_[i] - '0');
    }
    if (!failed_) rest_.remove_prefix(digits);
    return number;
  }
  void Skip(std::string_view any_of) {
    failed_ = failed_ || rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos;
    if (!failed_) rest_.remove_prefix(1);
  }
  bool Begins(std::string_view any_of) const {
    return !failed_ && !rest_.empty() && any_of.find(rest_[0]) != std::string_view::npos;
  }
  std::string_view rest() const { return rest_; }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

int DaysIn(int year, int month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Days since 1970-01-01 of the Gregorian calendar.
int64_t DaysSince1970(int year, int month, int day) {
  int64_t days = 0;
  const int64_t before = year - 1;
  days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
  for (int m = 1; m < month; ++m) days += DaysIn(year, m);
  return days + day - 1;
}

std::optional<int64_t> Day(Digits* digits, std::string_view separators) {
  const int year = digits->Take(4);
  if (!separators.empty()) digits->Skip(separators);
  const int month = digits->Take(2);
  if (!separators.empty()) digits->Skip(separators);
  const int day = digits->Take(2);
  if (digits->failed() || year < kFirstYear || year > kLastYear || month < 1 || month > 12 || day < 1 ||
      day > DaysIn(year, month))
    return std::nullopt;
  return DaysSince1970(year, month, day) * kDay;
}

// A second of 60 is a leap second, and so the next minute's first.
std::optional<int64_t> TimeOfDay(int hour, int minute, int second) {
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return hour * kHour + minute * kMinute + second * kSecond;
}

// "+02:00", "-0330", "Z"; nullopt for anything else.
std::optional<int64_t> ParseOffset(std::string_view text) {
  text = Trimmed(text);
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  Digits digits(text.substr(1));
  const int hours = digits.Take(2);
  if (digits.Begins(":")) digits.Skip(":");
  const int minutes = digits.Take(2);
  if (digits.failed() || !digits.rest().empty() || minutes > 59) return std::nullopt;
  const int64_t offset = hours * kHour + minutes * kMinute;
  if (offset > kMostOffset) return std::nullopt;
  return text[0] == '-' ? -offset : offset;
}

// The digits behind a decimal point; what is no digit ends them.
int64_t Fraction(std::string_view text) {
  int64_t micros = 0, scale = kSecond / 10;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') break;
    micros += (digit - '0') * scale;
    scale /= 10;
  }
  return micros;
}

std::string_view ExifText(const ImageMetadata& metadata, uint16_t tag) {
  // Some writers put Exif's tags into IFD0.
  for (const std::string_view directory : {"Exif", "IFD0"}) {
    const ExifEntry* entry = metadata.exif.Find(directory, tag);
    if (entry != nullptr && entry->is_text) return Trimmed(entry->text);
  }
  return {};
}

// "YYYY:MM:DD HH:MM:SS"; unknown parts are blanks, and make it no moment.
std::optional<Clock> ExifClock(const ImageMetadata& metadata, uint16_t tag, uint16_t fraction) {
  Digits digits(ExifText(metadata, tag));
  const auto day = Day(&digits, ":-/.");
  digits.Skip(" T");
  const int hour = digits.Take(2);
  digits.Skip(":");
  const int minute = digits.Take(2);
  digits.Skip(":");
  const int second = digits.Take(2);
  const auto time = TimeOfDay(hour, minute, second);
  if (digits.failed() || !day || !time) return std::nullopt;
  Clock clock{*day + *time, std::nullopt};
  if (digits.Begins(".")) {
    clock.micros += Fraction(digits.rest().substr(1));
  } else {
    clock.micros += Fraction(ExifText(metadata, fraction));
  }
  // Not Exif's, and met all the same: "2010:01:02 03:04:05+02:00".
  if (digits.Begins("+-Z")) clock.offset = ParseOffset(digits.rest());
  return clock;
}

// OffsetTime is of the last change; a camera writes the same into all three.
void TakeExifOffset(const ImageMetadata& metadata, uint16_t own, Clock* clock) {
  constexpr uint16_t kOffsetTime = 0x9010, kTimeZoneOffset = 0x882A;
  for (const uint16_t tag : {own, kOffsetTime}) {
    if (!clock->offset) clock->offset = ParseOffset(ExifText(metadata, tag));
  }
  if (clock->offset) return;
  // TIFF/EP (ISO 12234-2), 5.2.48: whole hours, of DateTimeOriginal first.
  for (const std::string_view directory : {"Exif", "IFD0"}) {
    const ExifEntry* entry = metadata.exif.Find(directory, kTimeZoneOffset);
    if (entry == nullptr || entry->type != kExifSignedShort || entry->count() == 0) continue;
    const int64_t offset = metadata.exif.SignedInteger(*entry) * kHour;
    if (std::abs(offset) <= kMostOffset) clock->offset = offset;
    return;
  }
}

// "YYYY-MM-DDThh:mm[:ss[.s]][zone]". A date alone is no moment.
std::optional<Clock> XmpClock(const ImageMetadata& metadata, std::string_view name) {
  Digits digits(Trimmed(XmpText(metadata, name)));
  const auto day = Day(&digits, "-:");
  digits.Skip("T ");
  const int hour = digits.Take(2);
  digits.Skip(":");
  const int minute = digits.Take(2);
  int second = 0;
  if (digits.Begins(":")) {
    digits.Skip(":");
    second = digits.Take(2);
  }
  const auto time = TimeOfDay(hour, minute, second);
  if (digits.failed() || !day || !time) return std::nullopt;
  Clock clock{*day + *time, std::nullopt};
  std::string_view rest = digits.rest();
  if (!rest.empty() && rest[0] == '.') {
    clock.micros += Fraction(rest.substr(1));
    rest.remove_prefix(std::min(rest.size(), rest.find_first_of("+-Zz", 1)));
  }
  clock.offset = ParseOffset(rest);
  return clock;
}

// 2:55 "CCYYMMDD", 2:60 "HHMMSS±HHMM".
std::optional<Clock> IptcClock(const ImageMetadata& metadata) {
  const IptcDataset* date = FindIptc(metadata, 55);
  const IptcDataset* time = FindIptc(metadata, 60);
  if (date == nullptr || time == nullptr) return std::nullopt;
  Digits day_digits(Trimmed(date->text)), digits(Trimmed(time->text));
  const auto day = Day(&day_digits, {});
  const int hour = digits.Take(2), minute = digits.Take(2), second = digits.Take(2);
  const auto of_day = TimeOfDay(hour, minute, second);
  if (digits.failed() || !day || !of_day) return std::nullopt;
  return Clock{*day + *of_day, ParseOffset(digits.rest())};
}

std::optional<Clock> ClockOf(const ImageMetadata& metadata) {
  constexpr uint16_t kOriginal = 0x9003, kDigitized = 0x9004;
  constexpr uint16_t kOriginalOffset = 0x9011, kDigitizedOffset = 0x9012;
  constexpr uint16_t kOriginalFraction = 0x9291, kDigitizedFraction = 0x9292;
  if (auto clock = ExifClock(metadata, kOriginal, kOriginalFraction)) {
    TakeExifOffset(metadata, kOriginalOffset, &*clock);
    return clock;
  }
  for (const std::string_view name : {"exif:DateTimeOriginal", "photoshop:DateCreated"}) {
    if (const auto clock = XmpClock(metadata, name)) return clock;
  }
  if (const auto clock = IptcClock(metadata)) return clock;
  if (auto clock = ExifClock(metadata, kDigitized, kDigitizedFraction)) {
    TakeExifOffset(metadata, kDigitizedOffset, &*clock);
    return clock;
  }
  return XmpClock(metadata, "exif:DateTimeDigitized");
}

// The receiver's time, "YYYY-MM-DDThh:mm:ss[.sss]Z" as ReadGps writes it.
std::optional<int64_t> GpsMicros(const ImageMetadata& metadata) {
  if (!metadata.gps || metadata.gps->timestamp.empty()) return std::nullopt;
  Digits digits(metadata.gps->timestamp);
  const auto day = Day(&digits, "-");
  digits.Skip("T");
  const int hour = digits.Take(2);
  digits.Skip(":");
  const int minute = digits.Take(2);
  digits.Skip(":");
  const auto time = TimeOfDay(hour, minute, digits.Take(2));
  if (digits.failed() || !day || !time) return std::nullopt;
  return *day + *time + (digits.Begins(".") ? Fraction(digits.rest().substr(1)) : 0);
}

// Zones are whole hours from UTC, some of them half ones, and a few have quarters. A clock that is
// farther from all of them than kNear was wrong, or the receiver's time is an old one: then the zone is
// not known.
std::optional<int64_t> OffsetByGps(int64_t clock, int64_t utc) {
  constexpr int64_t kNear = 60 * kSecond, kQuarter = 15 * kMinute;
  const int64_t difference = clock - utc;
  if (std::abs(difference) > kDay) return std::nullopt;
  const int64_t quarters = std::llround(static_cast<double>(difference) / static_cast<double>(kQuarter));
  if (std::abs(difference - quarters * kQuarter) > kNear) return std::nullopt;
  if (quarters < -12 * 4 || quarters > 14 * 4) return std::nullopt;
  // +05:45 Nepal, +08:45 Eucla, +12:45 and +13:45 Chatham.
  const bool used = quarters % 2 == 0 || quarters == 23 || quarters == 35 || quarters == 51 || quarters == 55;
  return used ? std::optional(quarters * kQuarter) : std::nullopt;
}

}  // namespace

std::optional<TakenAt> TakenAtOf(const ImageMetadata& metadata) {
  const auto clock = ClockOf(metadata);
  const auto utc = GpsMicros(metadata);
  if (clock && clock->offset) return TakenAt{clock->micros - *clock->offset, "offset"};
  if (!clock) return utc ? std::optional(TakenAt{*utc, "gps"}) : std::nullopt;
  if (const auto offset = utc ? OffsetByGps(clock->micros, *utc) : std::nullopt)
    return TakenAt{clock->micros - *offset, "gps"};
  return TakenAt{clock->micros, "unknown"};
}

}  // namespace pixlake::image
