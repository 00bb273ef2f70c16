#include <sstream>

#include "delta/action/json_fields_internal.h"

namespace pixlake::delta {

namespace dom = simdjson::dom;

std::string JsonText(dom::element value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  std::ostringstream out;
  out << simdjson::minify<dom::element>(value);
  return out.str();
}

std::optional<dom::element> JsonFields::Find(std::string_view key) const {
  dom::element value;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) {
    return std::nullopt;
  }
  return value;
}

Status JsonFields::Wrong(std::string_view key, std::string_view expected) const {
  return Error(ErrorCode::kCorrupt, "field `" + std::string(what_) + "." + std::string(key) +
                                        "` is missing or not " + std::string(expected));
}

Result<std::string> JsonFields::String(std::string_view key) const {
  PL_ASSIGN_OR_RETURN(std::optional<std::string> value, MaybeString(key));
  if (!value) {
    return Wrong(key, "a string");
  }
  return *std::move(value);
}

Result<int64_t> JsonFields::Int(std::string_view key) const {
  PL_ASSIGN_OR_RETURN(std::optional<int64_t> value, MaybeInt(key));
  if (!value) {
    return Wrong(key, "a 64-bit integer");
  }
  return *value;
}

Result<std::optional<std::string>> JsonFields::MaybeString(std::string_view key) const {
  const std::optional<dom::element> value = Find(key);
  if (!value) {
    return std::nullopt;
  }
  std::string_view text;
  if (value->get_string().get(text) != simdjson::SUCCESS) {
    return Wrong(key, "a string");
  }
  return std::string(text);
}

Result<std::optional<int64_t>> JsonFields::MaybeInt(std::string_view key) const {
  const std::optional<dom::element> value = Find(key);
  if (!value) {
    return std::nullopt;
  }
  int64_t number = 0;
  if (value->get_int64().get(number) != simdjson::SUCCESS) {
    return Wrong(key, "a 64-bit integer");
  }
  return number;
}

Result<std::optional<bool>> JsonFields::MaybeBool(std::string_view key) const {
  const std::optional<dom::element> value = Find(key);
  if (!value) {
    return std::nullopt;
  }
  bool flag = false;
  if (value->get_bool().get(flag) != simdjson::SUCCESS) {
    return Wrong(key, "true or false");
  }
  return flag;
}

Result<std::optional<JsonFields>> JsonFields::MaybeObject(std::string_view key) const {
  const std::optional<dom::element> value = Find(key);
  if (!value) {
    return std::nullopt;
  }
  dom::object object;
  if (value->get_object().get(object) != simdjson::SUCCESS) {
    return Wrong(key, "an object");
  }
  return JsonFields(object, key);
}

Result<std::vector<std::string>> JsonFields::StringList(std::string_view key) const {
  std::vector<std::string> out;
  const std::optional<dom::element> value = Find(key);
  if (!value) {
    return out;
  }
  dom::array array;
  if (value->get_array().get(array) != simdjson::SUCCESS) {
    return Wrong(key, "an array of strings");
  }
  for (dom::element item : array) {
    std::string_view text;
    if (item.get_string().get(text) != simdjson::SUCCESS) {
      return Wrong(key, "an array of strings");
    }
    out.emplace_back(text);
  }
  return out;
}

Result<std::map<std::string, std::optional<std::string>>> JsonFields::NullableStringMap(
    std::string_view key) const {
  std::map<std::string, std::optional<std::string>> out;
  PL_ASSIGN_OR_RETURN(std::optional<JsonFields> fields, MaybeObject(key));
  if (!fields) {
    return out;
  }
  for (auto [name, value] : fields->object()) {
    out[std::string(name)] = value.is_null() ? std::nullopt : std::optional<std::string>(JsonText(value));
  }
  return out;
}

Result<std::map<std::string, std::string>> JsonFields::StringMap(std::string_view key) const {
  PL_ASSIGN_OR_RETURN(auto nullable, NullableStringMap(key));
  std::map<std::string, std::string> out;
  for (auto& [name, value] : nullable) {
    out[name] = value.value_or("");
  }
  return out;
}

}  // namespace pixlake::delta
