#include "settings/key/check_kinds.h"

namespace pixlake::settings {
namespace {

constexpr double kLargestSide = 1'000'000;

Key Parameter(Key key) {
  const std::string name = key.name;
  key.set = [name](void* object, Value value) {
    static_cast<Check*>(object)->parameters[name] = std::move(value);
  };
  key.get = [name](const void* object) -> Value {
    const auto& parameters = static_cast<const Check*>(object)->parameters;
    const auto found = parameters.find(name);
    return found == parameters.end() ? Value() : found->second;
  };
  return key;
}

Key Side(std::string name, std::string what) {
  return Parameter({.name = std::move(name),
                    .type = KeyType::kInteger,
                    .what = std::move(what),
                    .least = 1,
                    .most = kLargestSide});
}

Key PixelCount(std::string name, std::string what) {
  return Parameter({.name = std::move(name),
                    .type = KeyType::kInteger,
                    .what = std::move(what),
                    .least = 1,
                    .most = kLargestSide * kLargestSide});
}

Key RowCount(std::string name, std::string what) {
  return Parameter({.name = std::move(name),
                    .type = KeyType::kInteger,
                    .what = std::move(what),
                    .least = 0,
                    .most = 1e15});
}

Key Measure(std::string name, double least, double most, std::string what, bool required = false) {
  return Parameter({.name = std::move(name),
                    .type = KeyType::kNumber,
                    .what = std::move(what),
                    .least = least,
                    .most = most,
                    .required = required});
}

Key OneText(std::string name, TextForm form, std::string what) {
  return Parameter({.name = std::move(name), .what = std::move(what), .form = form, .required = true});
}

std::vector<Kind> KindsOfImages() {
  return {
      {"format",
       "the image's format by its content",
       {Parameter({.name = "in",
                   .type = KeyType::kTexts,
                   .what = "formats, as `raw.images` names them",
                   .one_of = {"JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "HEIF", "AVIF"},
                   .required = true})}},
      {"dimensions",
       "width and height as the image is stored",
       {Side("min_width", "least width in pixels"), Side("max_width", "largest width in pixels"),
        Side("min_height", "least height in pixels"), Side("max_height", "largest height in pixels"),
        PixelCount("min_pixels", "fewest pixels, width times height"),
        PixelCount("max_pixels", "most pixels, width times height")},
       true},
      {"aspect",
       "width divided by height",
       {Measure("min", 1e-6, 1e6, "least"), Measure("max", 1e-6, 1e6, "largest")},
       true},
      {"bit_depth",
       "bits of a sample",
       {Parameter({.name = "in",
                   .type = KeyType::kIntegers,
                   .what = "bits that are allowed",
                   .least = 1,
                   .most = 64,
                   .required = true})}},
      {"blur",
       "how sharp the image is: variance of the Laplacian of its brightness (0 to 255)",
       {Measure("min_sharpness", 0, 1e9, "least sharpness", true)}},
      {"darkness",
       "mean brightness, 0 black to 255 white",
       {Measure("min_brightness", 0, 255, "least"), Measure("max_brightness", 0, 255, "largest")},
       true},
      {"noise",
       "standard deviation of the noise, in steps of brightness (0 to 255)",
       {Measure("max", 0, 255, "largest", true)}},
      {"uniform",
       "share of the pixels that have the commonest colour",
       {Measure("max_share", 0, 1, "largest share", true)}},
      {"duplicate", "the content was met before", {}},
      {"exif",
       "EXIF that must be there",
       {Parameter({.name = "required",
                   .type = KeyType::kTexts,
                   .what = "columns of `raw.metadata` that may not be null",
                   .required = true})}},
      {"place",
       "where the image was taken; not asked of images without a place",
       {Parameter({.name = "polygon",
                   .type = KeyType::kPolygon,
                   .what = "corners, each [longitude, latitude] in degrees, three at least",
                   .required = true,
                   .example = "[[5.9, 45.8], [10.5, 45.8], [10.5, 47.8], [5.9, 47.8]]"})}},
      {"label",
       "the image's label",
       {Parameter(
           {.name = "in", .type = KeyType::kTexts, .what = "labels that are allowed", .required = true})}},
  };
}

std::vector<Kind> KindsOfTables() {
  return {
      {"unique",
       "no value twice in a column; rows without one are told, and not counted",
       {OneText("column", TextForm::kAny, "the column")}},
      {"freshness",
       "how old the newest row is",
       {OneText("column", TextForm::kAny, "a column of times"), Parameter({.name = "max_age",
                                                                           .type = KeyType::kDuration,
                                                                           .what = "largest age",
                                                                           .least = 1,
                                                                           .most = 365'000.0 * 86'400'000,
                                                                           .required = true,
                                                                           .example = "24h"})}},
      {"volume",
       "how many rows the table has, and as a share of the mean of earlier runs (30 at most)",
       {RowCount("min_rows", "fewest rows"), RowCount("max_rows", "most rows"),
        Measure("min_share", 0, 1e6, "least share"), Measure("max_share", 0, 1e6, "largest share")},
       true},
      {"sql",
       "any condition on a row, as SQL has it",
       {OneText("condition", TextForm::kAny, "true for rows that are good")}},
  };
}

}  // namespace

const std::vector<Kind>& CheckKinds() {
  static const std::vector<Kind> kKinds = [] {
    std::vector<Kind> kinds = KindsOfImages();
    for (Kind& kind : KindsOfTables()) kinds.push_back(std::move(kind));
    return kinds;
  }();
  return kKinds;
}

}  // namespace pixlake::settings
