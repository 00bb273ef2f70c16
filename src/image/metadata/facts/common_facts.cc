#include "image/metadata/facts/common_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "image/metadata/facts/facts_internal.h"

namespace pixlake::image {

const XmpProperty* FindXmp(const ImageMetadata& metadata, std::string_view name) {
  for (const XmpProperty& property : metadata.xmp) {
    if (property.name == name) return property.left_out != 0 || property.values.empty() ? nullptr : &property;
  }
  return nullptr;
}

std::string_view XmpText(const ImageMetadata& metadata, std::string_view name) {
  const XmpProperty* property = FindXmp(metadata, name);
  return property == nullptr ? std::string_view() : std::string_view(property->values[0]);
}

const IptcDataset* FindIptc(const ImageMetadata& metadata, uint8_t number) {
  for (const IptcDataset& dataset : metadata.iptc) {
    if (dataset.record == 2 && dataset.number == number) return &dataset;
  }
  return nullptr;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks(" \t\r\n\0", 5);
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<double> ParseNumber(std::string_view text) {
  text = Trimmed(text);
  const auto parse = [](std::string_view part) -> std::optional<double> {
    double number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(number))
      return std::nullopt;
    return number;
  };
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse(text);
  const auto numerator = parse(text.substr(0, slash)), denominator = parse(text.substr(slash + 1));
  if (!numerator || !denominator || *denominator == 0) return std::nullopt;
  return *numerator / *denominator;
}

namespace {

class FactsReader {
 public:
  explicit FactsReader(const ImageMetadata& metadata) : metadata_(metadata), exif_(metadata.exif) {
    // Exif's tags stand where they belong or, with some writers, in IFD0.
    for (const std::string_view name : {"IFD0", "Exif"}) {
      const ExifDirectory* directory = exif_.Directory(name);
      if (directory == nullptr) continue;
      for (const ExifEntry& entry : directory->entries) {
        const auto* wanted = std::lower_bound(kTags.begin(), kTags.end(), entry.tag);
        if (wanted != kTags.end() && *wanted == entry.tag)
          entries_[static_cast<size_t>(wanted - kTags.begin())] = &entry;
      }
    }
  }

  CommonFacts Read() {
    CommonFacts facts;
    ReadTexts(&facts);
    if (const auto taken = TakenAtOf(metadata_)) {
      facts.taken_at = taken->micros;
      facts.taken_at_zone = taken->zone;
    }
    facts.exposure_s = Exposure();
    facts.f_number = FNumber();
    facts.iso = Iso();
    facts.focal_length_mm = FirstWithin(1e-3, 1e6, {Number(0x920A), Xmp("exif:FocalLength")});
    facts.orientation = Whole(FirstWithin(1, 8, {Number(0x0112), Xmp("tiff:Orientation")}));
    facts.rating = Whole(FirstWithin(-1, 5, {Number(0x4746), Xmp("xmp:Rating")}));
    facts.keywords = Keywords();
    return facts;
  }

 private:
  // Sorted; one look at each entry finds them all.
  static constexpr auto kTags =
      std::to_array<uint16_t>({0x010F, 0x0110, 0x0112, 0x0131, 0x013B, 0x4746, 0x8298, 0x829A, 0x829D, 0x8827,
                               0x8831, 0x8832, 0x8833, 0x9201, 0x9202, 0x920A, 0x9C9D, 0xA434});
  static_assert(std::is_sorted(kTags.begin(), kTags.end()));

  const ExifEntry* Entry(uint16_t tag) const {
    const auto* found = std::lower_bound(kTags.begin(), kTags.end(), tag);
    return found != kTags.end() && *found == tag ? entries_[static_cast<size_t>(found - kTags.begin())]
                                                 : nullptr;
  }

  // The tag's first value; nullopt for x/0 and for what is no number.
  std::optional<double> Number(uint16_t tag) const {
    const ExifEntry* entry = Entry(tag);
    if (entry == nullptr || entry->count() == 0) return std::nullopt;
    if (entry->is_text) return ParseNumber(entry->text);
    if (entry->type == kExifUndefined) return std::nullopt;
    const bool rational = entry->type == kExifRational || entry->type == kExifSignedRational;
    if (rational && exif_.RationalAt(*entry).denominator == 0) return std::nullopt;
    const double number = exif_.Real(*entry);
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
  }

  std::optional<double> Xmp(std::string_view name) const { return ParseNumber(XmpText(metadata_, name)); }

  static std::optional<double> FirstWithin(double least, double most,
                                           std::initializer_list<std::optional<double>> numbers) {
    for (const auto& number : numbers) {
      if (number && *number >= least && *number <= most) return number;
    }
    return std::nullopt;
  }

  // A rating of 3.5 is none of the column's.
  static std::optional<int32_t> Whole(std::optional<double> number) {
    if (!number || *number != std::floor(*number)) return std::nullopt;
    return static_cast<int32_t>(*number);
  }

  // Exif 3.0, 4.6.6.4: ShutterSpeedValue is APEX, Tv = -log2(seconds).
  std::optional<double> Exposure() const {
    std::optional<double> apex = FirstWithin(-30, 30, {Number(0x9201), Xmp("exif:ShutterSpeedValue")});
    if (apex) apex = std::exp2(-*apex);
    return FirstWithin(1e-9, 1e7, {Number(0x829A), Xmp("exif:ExposureTime"), apex});
  }

  // ApertureValue is APEX, Av = 2 log2(F).
  std::optional<double> FNumber() const {
    std::optional<double> apex = FirstWithin(-10, 30, {Number(0x9202), Xmp("exif:ApertureValue")});
    if (apex) apex = std::exp2(*apex / 2);
    return FirstWithin(1e-2, 1e5, {Number(0x829D), Xmp("exif:FNumber"), apex});
  }

  // 65535 says that it is more, which the tag that SensitivityType names then has.
  std::optional<int32_t> Iso() const {
    const auto plain = Number(0x8827);
    const auto longer = FirstWithin(65536, 1e9, {Number(0x8832), Number(0x8831), Number(0x8833)});
    if (plain == 65535.0 && longer) return Whole(longer);
    return Whole(
        FirstWithin(1, 1e9,
                    {plain, Number(0x8832), Number(0x8831), Number(0x8833), Xmp("exif:ISOSpeedRatings"),
                     Xmp("exif:PhotographicSensitivity"), Xmp("exifEX:PhotographicSensitivity")}));
  }

  // One that is too long is left to the document.
  static bool Fits(std::string_view text) { return !text.empty() && text.size() <= kMostFactText; }

  bool TakeExif(uint16_t tag, std::string* fact) const {
    const ExifEntry* entry = Entry(tag);
    if (entry == nullptr || !entry->is_text) return false;
    const std::string_view text = Trimmed(entry->text);
    if (Fits(text)) *fact = text;
    return Fits(text);
  }

  // Several names, or a list, are one text.
  bool TakeXmp(std::string_view name, std::string* fact) const {
    const XmpProperty* property = FindXmp(metadata_, name);
    if (property == nullptr) return false;
    std::string joined;
    for (const std::string& value : property->values) {
      const std::string_view text = Trimmed(value);
      if (text.empty()) continue;
      joined.append(joined.empty() ? "" : "; ").append(text);
      if (joined.size() > kMostFactText) return false;
    }
    if (Fits(joined)) *fact = std::move(joined);
    return !fact->empty();
  }

  bool TakeIptc(uint8_t number, std::string* fact) const {
    std::string joined;
    for (const IptcDataset& dataset : metadata_.iptc) {
      if (dataset.record != 2 || dataset.number != number) continue;
      const std::string_view text = Trimmed(dataset.text);
      if (text.empty()) continue;
      joined.append(joined.empty() ? "" : "; ").append(text);
      if (joined.size() > kMostFactText) return false;
    }
    if (Fits(joined)) *fact = std::move(joined);
    return !fact->empty();
  }

  // PNG, 11.3.3.2: "Author", "Copyright", "Software".
  bool TakePng(std::string_view keyword, std::string* fact) const {
    if (metadata_.format != "PNG") return false;
    for (const TextItem& item : metadata_.text) {
      if (item.keyword != keyword || !Fits(Trimmed(item.text))) continue;
      *fact = Trimmed(item.text);
      return true;
    }
    return false;
  }

  void ReadTexts(CommonFacts* facts) const {
    TakeExif(0x010F, &facts->make) || TakeXmp("tiff:Make", &facts->make);
    TakeExif(0x0110, &facts->model) || TakeXmp("tiff:Model", &facts->model);
    TakeExif(0xA434, &facts->lens) || TakeXmp("exifEX:LensModel", &facts->lens) ||
        TakeXmp("aux:Lens", &facts->lens);
    TakeExif(0x0131, &facts->software) || TakeXmp("xmp:CreatorTool", &facts->software) ||
        TakeXmp("tiff:Software", &facts->software) || TakePng("Software", &facts->software);
    TakeExif(0x013B, &facts->artist) || TakeExif(0x9C9D, &facts->artist) ||
        TakeXmp("dc:creator", &facts->artist) || TakeXmp("tiff:Artist", &facts->artist) ||
        TakeIptc(80, &facts->artist) || TakePng("Author", &facts->artist);
    TakeExif(0x8298, &facts->copyright) || TakeXmp("dc:rights", &facts->copyright) ||
        TakeXmp("tiff:Copyright", &facts->copyright) || TakeIptc(116, &facts->copyright) ||
        TakePng("Copyright", &facts->copyright);
  }

  std::vector<std::string> Keywords() const {
    std::vector<std::string> keywords;
    std::unordered_set<std::string_view> met;
    const auto add = [&](std::string_view text) {
      text = Trimmed(text);
      if (text.empty() || text.size() > kMostKeywordBytes || keywords.size() >= kMostKeywords) return;
      if (met.insert(text).second) keywords.emplace_back(text);
    };
    for (const IptcDataset& dataset : metadata_.iptc) {
      if (dataset.record == 2 && dataset.number == 25) add(dataset.text);
    }
    if (const XmpProperty* subject = FindXmp(metadata_, "dc:subject"); subject != nullptr) {
      for (const std::string& value : subject->values) add(value);
    }
    return keywords;
  }

  const ImageMetadata& metadata_;
  const ExifData& exif_;
  std::array<const ExifEntry*, kTags.size()> entries_ = {};
};

// XMP part 2, 1.2.7.4 GPSCoordinate: "DDD,MM,SSk" or "DDD,MM.mmk", k one of N, S, E, W.
std::optional<double> XmpAngle(std::string_view text, char negative, char positive, double most) {
  text = Trimmed(text);
  if (text.empty() || (text.back() != negative && text.back() != positive)) return std::nullopt;
  const bool below = text.back() == negative;
  text.remove_suffix(1);
  double degrees = 0, scale = 1;
  for (int part = 0; part < 3 && !text.empty(); ++part, scale *= 60) {
    const size_t comma = std::min(text.find(','), text.size());
    const auto number = ParseNumber(text.substr(0, comma));
    if (!number || *number < 0 || (part > 0 && *number >= 60)) return std::nullopt;
    degrees += *number / scale;
    text.remove_prefix(std::min(text.size(), comma + 1));
  }
  if (!text.empty() || scale == 1 || degrees > most) return std::nullopt;
  return below ? -degrees : degrees;
}

}  // namespace

CommonFacts CommonFactsOf(const ImageMetadata& metadata) {
  return FactsReader(metadata).Read();
}

std::optional<GpsPosition> PositionOf(const ImageMetadata& metadata) {
  std::optional<GpsPosition> position = metadata.gps;
  const auto fill = [&](std::optional<double> GpsPosition::*member, std::optional<double> value) {
    if (!value) return;
    if (!position) position.emplace();
    if (!((*position).*member)) (*position).*member = value;
  };
  // Both or none: half of a place out of each is a third place.
  if (!position || (!position->latitude && !position->longitude)) {
    const auto latitude = XmpAngle(XmpText(metadata, "exif:GPSLatitude"), 'S', 'N', 90);
    const auto longitude = XmpAngle(XmpText(metadata, "exif:GPSLongitude"), 'W', 'E', 180);
    if (latitude && longitude) {
      fill(&GpsPosition::latitude, latitude);
      fill(&GpsPosition::longitude, longitude);
    }
  }
  const std::string_view reference = Trimmed(XmpText(metadata, "exif:GPSAltitudeRef"));
  const auto altitude = ParseNumber(XmpText(metadata, "exif:GPSAltitude"));
  if (altitude && (reference.empty() || reference == "0" || reference == "1"))
    fill(&GpsPosition::altitude, reference == "1" ? -std::abs(*altitude) : *altitude);
  return position;
}

}  // namespace pixlake::image
