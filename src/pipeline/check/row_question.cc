#include "pipeline/check/row_question.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"

namespace pixlake::pipeline {
namespace {

using settings::Check;
using settings::Polygon;

template <typename T>
std::optional<T> Given(const Check& check, const std::string& name) {
  return GivenParameter<T>(check, name);
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
  // SQL has NaN larger than all numbers: it would pass where a least is asked for.
  if constexpr (std::is_same_v<T, double>)
    conditions->push_back(fmt::format("NOT isnan(CAST({} AS DOUBLE))", number));
  words->push_back(fmt::format("{} {}", name, *bound));
}

RowQuestion All(const std::vector<std::string>& conditions, const std::vector<std::string>& words,
                std::string value) {
  return {fmt::format("{}", fmt::join(conditions, " AND ")), std::move(value),
          fmt::format("{}", fmt::join(words, ", "))};
}

RowQuestion OfFormat(const Check& check) {
  const auto in = Given<std::vector<std::string>>(check, "in").value_or(std::vector<std::string>());
  return {fmt::format("format IN ({})", Literals(in)), "format", fmt::format("{}", fmt::join(in, ", "))};
}

RowQuestion OfDimensions(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<int64_t>(check, "min_width", "width", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_width", "width", "<=", &conditions, &words);
  AddBound<int64_t>(check, "min_height", "height", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_height", "height", "<=", &conditions, &words);
  AddBound<int64_t>(check, "min_pixels", "width * height", ">=", &conditions, &words);
  AddBound<int64_t>(check, "max_pixels", "width * height", "<=", &conditions, &words);
  return All(conditions, words, "concat(width, 'x', height)");
}

RowQuestion OfAspect(const Check& check) {
  constexpr char kAspect[] = "width / nullif(height, 0)";
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min", kAspect, ">=", &conditions, &words);
  AddBound<double>(check, "max", kAspect, "<=", &conditions, &words);
  return All(conditions, words, kAspect);
}

RowQuestion OfBitDepth(const Check& check) {
  const auto in = Given<std::vector<int64_t>>(check, "in").value_or(std::vector<int64_t>());
  return {fmt::format("bit_depth IN ({})", fmt::join(in, ", ")), "bit_depth",
          fmt::format("{}", fmt::join(in, ", "))};
}

RowQuestion OfBlur(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min_sharpness", "sharpness", ">=", &conditions, &words);
  return All(conditions, words, "sharpness");
}

// The settings say it in levels, the table as a share.
RowQuestion OfDarkness(const Check& check) {
  constexpr char kLevels[] = "brightness * 255";
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "min_brightness", kLevels, ">=", &conditions, &words);
  AddBound<double>(check, "max_brightness", kLevels, "<=", &conditions, &words);
  return All(conditions, words, kLevels);
}

RowQuestion OfNoise(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "max", "noise", "<=", &conditions, &words);
  return All(conditions, words, "noise");
}

RowQuestion OfUniform(const Check& check) {
  std::vector<std::string> conditions, words;
  AddBound<double>(check, "max_share", "uniform_share", "<=", &conditions, &words);
  return All(conditions, words, "uniform_share");
}

// Each content is there once: where it was met again is a place more in raw.sources.
RowQuestion OfDuplicate(const Check&) {
  return {"places <= 1", "places", "met at one place"};
}

RowQuestion OfExif(const Check& check) {
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
RowQuestion OfPlace(const Check& check) {
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

RowQuestion OfLabel(const Check& check) {
  const auto in = Given<std::vector<std::string>>(check, "in").value_or(std::vector<std::string>());
  return {fmt::format("coalesce(label IN ({}), false)", Literals(in)), "label",
          fmt::format("{}", fmt::join(in, ", "))};
}

RowQuestion OfSql(const Check& check) {
  const auto condition = Given<std::string>(check, "condition").value_or("true");
  return {condition, "NULL", condition};
}

const std::map<std::string, RowQuestion (*)(const Check&)>& ByKind() {
  static const std::map<std::string, RowQuestion (*)(const Check&)> kinds = {{"format", OfFormat},
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

std::optional<RowQuestion> RowQuestionOf(const settings::Check& check) {
  const auto kind = ByKind().find(check.kind);
  if (kind == ByKind().end()) return std::nullopt;
  return kind->second(check);
}

}  // namespace pixlake::pipeline
