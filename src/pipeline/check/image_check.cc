#include "pipeline/check/image_check.h"

#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/text/sql_cursor.h"

namespace pixlake::pipeline {
namespace {

using settings::Check;
using settings::Polygon;

template <typename T>
std::optional<T> Given(const Check& check, const std::string& name) {
  const auto found = check.parameters.find(name);
  if (found == check.parameters.end() || !std::holds_alternative<T>(found->second)) return std::nullopt;
  return std::get<T>(found->second);
}

std::string Literals(const std::vector<std::string>& texts) {
  std::vector<std::string> literals;
  for (const std::string& text : texts) literals.push_back(SqlLiteral(text));
  return fmt::format("{}", fmt::join(literals, ", "));
}

// A bound on a number, from below or above; nothing where it is not given.
template <typename T>
void AddBound(const Check& check, const std::string& name, std::string_view number, const char* sign,
              std::vector<std::string>* conditions, std::vector<std::string>* words) {
  const auto bound = Given<T>(check, name);
  if (!bound) return;
  conditions->push_back(fmt::format("{} {} {}", number, sign, *bound));
  words->push_back(fmt::format("{} {}", name, *bound));
}

struct Asked {
  std::string condition, value, expected;
};

Asked All(const std::vector<std::string>& conditions, const std::vector<std::string>& words,
          std::string value) {
  return {fmt::format("{}", fmt::join(conditions, " AND ")), std::move(value),
          fmt::format("{}", fmt::join(words, ", "))};
}

Asked OfFormat(const Check& check) {
  const auto in = Given<std::vector<std::string>>(check, "in").value_or(std::vector<std::string>());
  return {fmt::format("format IN ({})", Literals(in)), "format", fmt::format("{}", fmt::join(in, ", "))};
}

Asked OfDimensions(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<int64_t>(check, "min_width", "width", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_width", "width", "<=", &conditions, &words);
  AddBound<int64_t>(check, "min_height", "height", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_height", "height", "<=", &conditions, &words);
  AddBound<int64_t>(check, "min_pixels", "width * height", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_pixels", "width * height", "<=", &conditions, &words);
  return All(conditions, words, "concat(width, 'x', height)");
}

Asked OfAspect(const Check& check) {
  constexpr char kAspect[] = "width / nullif(height, 0)";
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min", kAspect, ">=", &conditions, &words);
  AddBound<double>(check, "max", kAspect, "<=", &conditions, &words);
  return All(conditions, words, kAspect);
}

Asked OfBitDepth(const Check& check) {
  const auto in = Given<std::vector<int64_t>>(check, "in").value_or(std::vector<int64_t>());
  return {fmt::format("bit_depth IN ({})", fmt::join(in, ", ")), "bit_depth",
          fmt::format("{}", fmt::join(in, ", "))};
}

Asked OfBlur(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min_sharpness", "sharpness", ">=", &conditions, &words);
  return All(conditions, words, "sharpness");
}

// The settings say it in levels, the table as a share.
Asked OfDarkness(const Check& check) {
  constexpr char kLevels[] = "brightness * 255";
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min_brightness", kLevels, ">=", &conditions, &words);
  AddBound<double>(check, "max_brightness", kLevels, "<=", &conditions, &words);
  return All(conditions, words, kLevels);
}

Asked OfNoise(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "max", "noise", "<=", &conditions, &words);
  return All(conditions, words, "noise");
}

Asked OfUniform(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "max_share", "uniform_share", "<=", &conditions, &words);
  return All(conditions, words, "uniform_share");
}

// Each content is there once: where it was met again is a place more in raw.sources.
Asked OfDuplicate(const Check&) {
  return {"places <= 1", "places", "met at one place"};
}

Asked OfExif(const Check& check) {
  const auto columns =
      Given<std::vector<std::string>>(check, "required").value_or(std::vector<std::string>());
  std::vector<std::string> conditions, missing;
  for (const std::string& column : columns) {
    conditions.push_back(fmt::format("{} IS NOT NULL", SqlName(column)));
    missing.push_back(fmt::format("CASE WHEN {} IS NULL THEN {} END", SqlName(column), SqlLiteral(column)));
  }
  return {fmt::format("{}", fmt::join(conditions, " AND ")),
          fmt::format("concat('without ', concat_ws(', ', {}))", fmt::join(missing, ", ")),
          fmt::format("{}", fmt::join(columns, ", "))};
}

// How often a ray to the east crosses the polygon's sides; an odd number of times: within (the even-odd
// rule). On the plane of degrees: no side goes over the antimeridian.
Asked OfPlace(const Check& check) {
  const Polygon corners = Given<Polygon>(check, "polygon").value_or(Polygon());
  std::vector<std::string> crossings;
  for (size_t i = 0; i < corners.size(); ++i) {
    const auto& [x1, y1] = corners[i];
    const auto& [x2, y2] = corners[(i + 1) % corners.size()];
    if (y1 == y2) continue;
    crossings.push_back(fmt::format(
        "CAST((latitude < {0}) <> (latitude < {1}) AND longitude < {2} + (latitude - {0}) * {3} AS "
        "INTEGER)",
        y1, y2, x1, (x2 - x1) / (y2 - y1)));
  }
  if (crossings.empty()) crossings.emplace_back("0");
  return {fmt::format("({}) % 2 = 1", fmt::join(crossings, " + ")), "concat(latitude, ', ', longitude)",
          "within the polygon"};
}

Asked OfLabel(const Check& check) {
  const auto in = Given<std::vector<std::string>>(check, "in").value_or(std::vector<std::string>());
  return {fmt::format("coalesce(label IN ({}), false)", Literals(in)), "label",
          fmt::format("{}", fmt::join(in, ", "))};
}

Asked OfSql(const Check& check) {
  const auto condition = Given<std::string>(check, "condition").value_or("true");
  return {condition, "NULL", condition};
}

const std::map<std::string, Asked (*)(const Check&)>& ByKind() {
  static const std::map<std::string, Asked (*)(const Check&)> kinds = {{"format", OfFormat},
                                                                       {"dimensions", OfDimensions},
                                                                       {"aspect", OfAspect},
                                                                       {"bit_depth", OfBitDepth},
                                                                       {"blur", OfBlur},
                                                                       {"darkness", OfDarkness},
                                                                       {"noise", OfNoise},
                                                                       {"uniform", OfUniform},
                                                                       {"duplicate", OfDuplicate},
                                                                       {"exif", OfExif},
                                                                       {"place", OfPlace},
                                                                       {"label", OfLabel},
                                                                       {"sql", OfSql}};
  return kinds;
}

}  // namespace

Result<std::vector<ImageCheck>> ImageChecksOf(const settings::Settings& settings) {
  std::vector<ImageCheck> out;
  for (size_t i = 0; i < settings.checks.size(); ++i) {
    const Check& check = settings.checks[i];
    if (!check.enabled) continue;
    const auto wrong = [&](ErrorCode code, const char* key, const std::string& what) {
      return Error(code, fmt::format("{}: {}", settings.Where(fmt::format("checks[{}].{}", i, key)), what));
    };
    const auto kind = ByKind().find(check.kind);
    if (check.table != "images" || kind == ByKind().end()) {
      return wrong(ErrorCode::kUnsupported, check.table != "images" ? "table" : "kind",
                   fmt::format("checks `{}` of {} are not asked yet; switch it off with enabled: false",
                               check.kind, check.table));
    }
    Asked asked = kind->second(check);
    if (check.kind == "sql") {
      const auto parts = query::SplitStatements(asked.condition, std::make_shared<query::SqlNames>());
      if (!parts.ok()) return wrong(ErrorCode::kUsage, "condition", parts.status().message());
      if (parts->size() != 1)
        return wrong(ErrorCode::kUsage, "condition", "several statements; expected one condition");
    }
    out.push_back({check.name, std::string(settings::SeverityName(check.severity)),
                   std::move(asked.condition), std::move(asked.value), std::move(asked.expected),
                   check.kind == "duplicate"});
  }
  return out;
}

}  // namespace pixlake::pipeline
