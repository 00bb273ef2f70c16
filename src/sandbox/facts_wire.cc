// CommonFacts over the socket: what is there, as a JSON object.
#include <cmath>

#include <nlohmann/json.hpp>

#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {
namespace {

using Json = nlohmann::json;

void Put(const char* name, const std::string& text, Json* out) {
  if (!text.empty()) (*out)[name] = text;
}
void Put(const char* name, const std::vector<std::string>& texts, Json* out) {
  if (!texts.empty()) (*out)[name] = texts;
}
template <typename Number>
void Put(const char* name, const std::optional<Number>& number, Json* out) {
  if (number) (*out)[name] = *number;
}

bool Take(const Json& value, std::string* text) {
  if (!value.is_string()) return false;
  *text = value.get<std::string>();
  return text->size() <= image::kMostFactText;
}

bool Take(const Json& value, std::vector<std::string>* texts) {
  if (!value.is_array() || value.size() > image::kMostKeywords) return false;
  for (const Json& element : value) {
    if (!Take(element, &texts->emplace_back()) || texts->back().size() > image::kMostKeywordBytes)
      return false;
  }
  return true;
}

bool Take(const Json& value, std::optional<double>* number) {
  if (!value.is_number()) return false;
  *number = value.get<double>();
  return std::isfinite(**number) && **number > 0;
}

template <typename Integer>
bool Take(const Json& value, std::optional<Integer>* number) {
  if (!value.is_number_integer() || value.is_number_unsigned()) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > INT64_MAX) return false;
  }
  const auto wide = value.get<int64_t>();
  *number = static_cast<Integer>(wide);
  return **number == wide;
}

bool AreSane(const image::CommonFacts& facts) {
  constexpr int64_t kMostMicros = int64_t{8'000'000'000} * 1'000'000;  // to 2223, from 1716
  const auto within = [](const auto& number, auto least, auto most) {
    return !number || (*number >= least && *number <= most);
  };
  const std::string& zone = facts.taken_at_zone;
  return within(facts.taken_at, -kMostMicros, kMostMicros) && within(facts.orientation, 1, 8) &&
         within(facts.rating, -1, 5) && within(facts.iso, 1, INT32_MAX) &&
         (zone.empty() || zone == "offset" || zone == "gps" || zone == "unknown") &&
         zone.empty() != facts.taken_at.has_value();
}

}  // namespace

std::string FactsToWire(const image::CommonFacts& facts) {
  Json object = Json::object();
  image::VisitFacts(facts,
                    [&](const char* name, const auto& member, const char*) { Put(name, member, &object); });
  return object.empty() ? std::string() : object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<image::CommonFacts> FactsFromWire(const std::string& text) {
  image::CommonFacts facts;
  if (text.empty()) return facts;
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  bool honest = true;
  size_t known = 0;
  image::VisitFacts(facts, [&](const char* name, auto& member, const char*) {
    const auto found = object.find(name);
    if (found == object.end()) return;
    ++known;
    honest = honest && Take(*found, &member);
  });
  if (!honest || known != object.size() || !AreSane(facts)) return std::nullopt;
  return facts;
}

}  // namespace pixlake::sandbox
