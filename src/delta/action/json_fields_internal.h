// Typed access to the fields of a JSON object, with errors that name the field.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/result.h"

namespace pixlake::delta {

// A view; lives as long as the parser's document. JSON null counts as absent.
class JsonFields {
 public:
  JsonFields(simdjson::dom::object object, std::string_view what) : object_(object), what_(what) {}

  std::optional<simdjson::dom::element> Find(std::string_view key) const;

  // kCorrupt when of another type; the required ones also when absent.
  Result<std::string> String(std::string_view key) const;
  Result<int64_t> Int(std::string_view key) const;
  Result<std::optional<std::string>> MaybeString(std::string_view key) const;
  Result<std::optional<int64_t>> MaybeInt(std::string_view key) const;
  Result<std::optional<bool>> MaybeBool(std::string_view key) const;
  Result<std::optional<JsonFields>> MaybeObject(std::string_view key) const;
  Result<std::vector<std::string>> StringList(std::string_view key) const;
  // Values that are not strings come as their JSON text; null as nullopt.
  Result<std::map<std::string, std::optional<std::string>>> NullableStringMap(std::string_view key) const;
  Result<std::map<std::string, std::string>> StringMap(std::string_view key) const;

  simdjson::dom::object object() const { return object_; }

 private:
  Status Wrong(std::string_view key, std::string_view expected) const;

  simdjson::dom::object object_;
  std::string_view what_;
};

// A string's value, anything else as JSON text.
std::string JsonText(simdjson::dom::element value);

}  // namespace pixlake::delta
