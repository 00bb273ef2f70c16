#include "settings/key/key.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time/duration.h"

namespace pixlake::settings {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Binary, as ParseByteSize reads them: "256MB", "1000".
std::string SizeText(int64_t bytes) {
  static constexpr const char* kUnits[] = {"", "KB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

std::string Bound(const Key& key, double bound) {
  if (key.type == KeyType::kSize) return SizeText(static_cast<int64_t>(bound));
  if (key.type == KeyType::kDuration) return FormatDuration(static_cast<int64_t>(bound));
  if (bound == std::floor(bound) && std::abs(bound) < 9e15)
    return fmt::format("{}", static_cast<int64_t>(bound));
  return fmt::format("{}", bound);
}

std::string FormWords(const Key& key) {
  switch (key.form) {
    case TextForm::kPath:
      return "a path or URI";
    case TextForm::kTableName:
      return "a table as zone.name (lower-case letters, digits and '_')";
    case TextForm::kName:
      return "a name (letters, digits, '_' and '-')";
    case TextForm::kTimeOfDay:
      return "a time of the day, as 03:30";
    case TextForm::kAny:
      break;
  }
  return "text";
}

template <typename List>
std::string ListText(const List& list) {
  return nlohmann::json(list).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

bool IsSecretName(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* word : {"key", "secret", "password", "passwd", "token", "credential"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string TypeWords(const Key& key) {
  switch (key.type) {
    case KeyType::kBoolean:
      return "true or false";
    case KeyType::kInteger:
      return "whole number";
    case KeyType::kNumber:
      return "number";
    case KeyType::kText:
      return key.form == TextForm::kPath ? "path" : "text";
    case KeyType::kSize:
      return "size";
    case KeyType::kDuration:
      return "duration";
    case KeyType::kTexts:
      return "list of texts";
    case KeyType::kIntegers:
      return "list of whole numbers";
    case KeyType::kPolygon:
      return "list of [longitude, latitude]";
    case KeyType::kTextMap:
      return "names and texts";
    case KeyType::kScalarMap:
      return "names and values";
    case KeyType::kGroup:
      return "mapping";
    case KeyType::kGroups:
      return "list of mappings";
  }
  return "";
}

std::string ExpectedWords(const Key& key) {
  const bool bounded = key.least != 0 || key.most != 0;
  const std::string range =
      bounded ? fmt::format(" from {} to {}", Bound(key, key.least), Bound(key, key.most)) : "";
  switch (key.type) {
    case KeyType::kBoolean:
      return "true or false";
    case KeyType::kInteger:
      return "a whole number" + range;
    case KeyType::kNumber:
      return "a number" + range;
    case KeyType::kText:
      if (!key.one_of.empty()) return fmt::format("one of: {}", fmt::join(key.one_of, ", "));
      return FormWords(key);
    case KeyType::kSize:
      return fmt::format("a size such as 256MB{}", range);
    case KeyType::kDuration:
      return fmt::format("a span of time such as 90s, 24h or 7d{}", range);
    case KeyType::kTexts:
      if (!key.one_of.empty()) return fmt::format("a list out of: {}", fmt::join(key.one_of, ", "));
      return "a list, such as [a, b]";
    case KeyType::kIntegers:
      return "a list of whole numbers" + range;
    case KeyType::kPolygon:
      return "a list of at least three corners [longitude, latitude], in degrees from -180 to 180 and -90 to "
             "90";
    case KeyType::kTextMap:
    case KeyType::kScalarMap:
      if (!key.one_of.empty())
        return fmt::format("a mapping of names to one of: {}", fmt::join(key.one_of, ", "));
      return "a mapping of names to values, such as {name: value}";
    case KeyType::kGroup:
      return "a mapping";
    case KeyType::kGroups:
      return "a list of mappings, each after a '-'";
  }
  return "";
}

std::string ValueText(const Key& key, const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return "";
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    if (key.type == KeyType::kSize) return SizeText(*integer);
    if (key.type == KeyType::kDuration) return FormatDuration(*integer);
    return fmt::format("{}", *integer);
  }
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return Quoted(*text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return ListText(*texts);
  if (const auto* integers = std::get_if<std::vector<int64_t>>(&value)) return ListText(*integers);
  if (const auto* polygon = std::get_if<Polygon>(&value)) return ListText(*polygon);
  if (const auto* map = std::get_if<std::map<std::string, std::string>>(&value)) return ListText(*map);
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, scalar] : std::get<std::map<std::string, Scalar>>(value))
    std::visit([&object, &name = name](const auto& held) { object[name] = held; }, scalar);
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace pixlake::settings
