#include "settings/write/json_schema.h"

#include <nlohmann/json.hpp>

#include "settings/key/logging_keys.h"
#include "settings/key/settings_keys.h"
#include "settings/logging.h"

namespace pixlake::settings {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVariable = R"(\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\})";

Json Pattern(std::string pattern) {
  return {{"type", "string"}, {"pattern", std::move(pattern)}};
}

// Anywhere a text may be, one with a variable may be.
Json OrVariable(Json schema) {
  return {{"anyOf", {std::move(schema), Pattern(kVariable)}}};
}

Json Number(const Key& key, const char* type) {
  Json schema = {{"type", type}};
  if (key.least != 0 || key.most != 0) {
    if (key.type == KeyType::kNumber) {
      schema["minimum"] = key.least;
      schema["maximum"] = key.most;
    } else {
      schema["minimum"] = static_cast<int64_t>(key.least);
      schema["maximum"] = static_cast<int64_t>(key.most);
    }
  }
  return schema;
}

Json Text(const Key& key) {
  if (!key.one_of.empty()) return OrVariable({{"type", "string"}, {"enum", key.one_of}});
  switch (key.form) {
    case TextForm::kPath:
      return {{"type", "string"}, {"minLength", 1}};
    case TextForm::kTableName:
      return OrVariable(Pattern("^[a-z0-9_]+\\.[a-z0-9_]+$"));
    case TextForm::kName:
      return OrVariable(Pattern("^[A-Za-z0-9_-]+$"));
    case TextForm::kTimeOfDay:
      return OrVariable(Pattern("^([01][0-9]|2[0-3]):[0-5][0-9]$"));
    case TextForm::kAny:
      break;
  }
  return {{"type", "string"}};
}

Json Polygons() {
  const Json corner = {{"type", "array"},
                       {"prefixItems",
                        {{{"type", "number"}, {"minimum", -180}, {"maximum", 180}},
                         {{"type", "number"}, {"minimum", -90}, {"maximum", 90}}}},
                       {"minItems", 2},
                       {"maxItems", 2}};
  return {{"type", "array"}, {"minItems", 3}, {"items", corner}};
}

Json ItemOf(const Key& key) {
  if (key.type == KeyType::kIntegers) return OrVariable(Number(key, "integer"));
  if (!key.one_of.empty() || key.form != TextForm::kAny) return Text(key);
  // Labels are often numbers; they are taken as they are written.
  return {{"type", {"string", "number", "boolean"}}};
}

Json ValueSchema(const Key& key) {
  switch (key.type) {
    case KeyType::kBoolean:
      return OrVariable({{"type", "boolean"}});
    case KeyType::kInteger:
      return OrVariable(Number(key, "integer"));
    case KeyType::kNumber:
      return OrVariable(Number(key, "number"));
    case KeyType::kText:
      return Text(key);
    case KeyType::kSize:
      return {{"anyOf",
               {Number(key, "integer"), Pattern("^[0-9]+(\\.[0-9]+)? *([KMGTkmgt]([Ii]?[Bb])?|[Bb])?$"),
                Pattern(kVariable)}}};
    case KeyType::kDuration:
      return OrVariable(Pattern("^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"));
    case KeyType::kTexts:
    case KeyType::kIntegers: {
      Json list = {{"type", "array"}, {"items", ItemOf(key)}};
      if (key.required) list["minItems"] = 1;
      return list;
    }
    case KeyType::kPolygon:
      return Polygons();
    case KeyType::kTextMap:
    case KeyType::kScalarMap:
      if (!key.one_of.empty()) return {{"type", "object"}, {"additionalProperties", Text(key)}};
      return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
    case KeyType::kGroup:
    case KeyType::kGroups:
      break;
  }
  return Json::object();
}

// As JSON has it: sizes and durations as people write them.
Json Default(const Key& key, const Value& value) {
  const std::string text = ValueText(key, value);
  const Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(text) : json;
}

Json SchemaOf(const Key& key, void* object);

void AddProperties(const std::vector<Key>& keys, void* object, Json* schema) {
  for (const Key& key : keys) {
    (*schema)["properties"][key.name] = SchemaOf(key, object);
    if (key.required) (*schema)["required"].push_back(key.name);
  }
}

Json ObjectSchema(const std::vector<Key>& keys, void* object) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}};
  AddProperties(keys, object, &schema);
  schema["additionalProperties"] = false;
  return schema;
}

Json KindSchema(const Key& groups, const Kind& kind, void* object) {
  Json schema = ObjectSchema(groups.keys, object);
  schema["title"] = kind.name;
  schema["description"] = kind.what;
  schema["properties"]["kind"] = {{"const", kind.name}, {"description", kind.what}};
  AddProperties(kind.keys, object, &schema);
  if (kind.any_of) {
    for (const Key& key : kind.keys) schema["anyOf"].push_back({{"required", {key.name}}});
  }
  return schema;
}

// `object` has the defaults.
Json SchemaOf(const Key& key, void* object) {
  Json schema;
  if (key.type == KeyType::kGroup) {
    schema = ObjectSchema(key.keys, key.enter(object));
    schema["type"] = {"object", "null"};
    schema["description"] = key.what;
    return schema;
  }
  if (key.type == KeyType::kGroups) {
    void* const one = key.append(object, {});
    schema = {{"description", key.what}, {"type", {"array", "null"}}};
    if (key.kinds == nullptr) {
      schema["items"] = ObjectSchema(key.keys, one);
    } else {
      for (const Kind& kind : *key.kinds) schema["items"]["oneOf"].push_back(KindSchema(key, kind, one));
    }
    return schema;
  }
  schema = ValueSchema(key);
  schema["description"] = key.what + ". Expected: " + ExpectedWords(key) + ".";
  const Value value = key.get(object);
  if (!key.required && !std::holds_alternative<std::monostate>(value))
    schema["default"] = Default(key, value);
  return schema;
}

std::string FileSchema(const char* title, const std::vector<Key>& keys, void* defaults) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(ObjectSchema(keys, defaults));
  schema["type"] = {"object", "null"};
  return schema.dump(2) + "\n";
}

}  // namespace

std::string SettingsSchema() {
  Settings defaults;
  return FileSchema("config/settings.yaml of pixlake", SettingsKeys(), &defaults);
}

std::string LoggingSchema() {
  Logging defaults;
  return FileSchema("config/logging.yaml of pixlake", LoggingKeys(), &defaults);
}

}  // namespace pixlake::settings
