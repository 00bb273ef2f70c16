#include "settings/write/effective.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "settings/key/logging_keys.h"
#include "settings/key/settings_keys.h"
#include "settings/write/settings_file.h"

namespace pixlake::settings {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHidden = "***";

class Shown {
 public:
  explicit Shown(const std::set<std::string>& from_environment) : from_environment_(from_environment) {}

  Json Group(const std::vector<Key>& keys, const void* object, const std::string& prefix) const {
    Json json = Json::object();
    for (const Key& key : keys) {
      if (key.type == KeyType::kGroup) {
        // `enter` only finds a member.
        json[key.name] = Group(key.keys, key.enter(const_cast<void*>(object)), prefix + key.name + ".");
      } else if (key.type == KeyType::kGroups) {
        json[key.name] = Groups(key, object, prefix + key.name);
      } else {
        Json value = One(key, key.get(object), prefix + key.name);
        const bool none = value.is_null() || (key.form == TextForm::kPath && value == "");
        if (!none) json[key.name] = std::move(value);
      }
    }
    return json;
  }

 private:
  Json Groups(const Key& groups, const void* object, const std::string& dotted) const {
    Json list = Json::array();
    for (const void* one : groups.all(object)) {
      const std::string prefix = fmt::format("{}[{}].", dotted, list.size());
      Json json = Group(groups.keys, one, prefix);
      if (groups.kinds != nullptr) {
        for (const Kind& kind : *groups.kinds) {
          if (json["kind"] == kind.name) json.update(Group(kind.keys, one, prefix));
        }
      }
      list.push_back(std::move(json));
    }
    return list;
  }

  bool Hidden(const std::string& dotted, const std::string& name) const {
    // A step's `key` is the name of a column.
    return from_environment_.contains(dotted) || (name != "key" && IsSecretName(name));
  }

  Json One(const Key& key, const Value& value, const std::string& dotted) const {
    if (std::holds_alternative<std::monostate>(value)) return {};
    if (Hidden(dotted, key.name)) return kHidden;
    if (const auto* text = std::get_if<std::string>(&value)) return WithoutSecrets(*text);
    if (key.type == KeyType::kSize || key.type == KeyType::kDuration) {
      const std::string text = ValueText(key, value);
      return text == "0" ? Json(0) : Json(text);
    }
    Json json = Json::parse(ValueText(key, value));
    if (!json.is_object()) return json;
    for (const auto& [name, one] : json.items()) {
      const std::string entry = fmt::format("{}.{}", dotted, name.substr(0, 80));
      if (from_environment_.contains(entry) || IsSecretName(name)) {
        json[name] = kHidden;
      } else if (one.is_string()) {
        json[name] = WithoutSecrets(one.get<std::string>());
      }
    }
    return json;
  }

  const std::set<std::string>& from_environment_;
};

std::string FlowText(const Json& json) {
  if (json.is_string()) {
    const auto text = json.get<std::string>();
    return text == kHidden ? "'***'" : YamlText(text);
  }
  return json.dump();
}

void WriteYaml(const Json& json, const std::string& indent, std::string* out) {
  for (const auto& [name, value] : json.items()) {
    const std::string head = indent + YamlText(name) + ":";
    if (value.is_object() && !value.empty()) {
      *out += head + "\n";
      WriteYaml(value, indent + "  ", out);
    } else if (value.is_array() && !value.empty() && value[0].is_object()) {
      *out += head + "\n";
      for (const Json& one : value) {
        std::string lines;
        WriteYaml(one, indent + "    ", &lines);
        lines[indent.size() + 2] = '-';
        *out += lines;
      }
    } else {
      *out += head + " " + FlowText(value) + "\n";
    }
  }
}

std::string JsonText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string YamlLines(const Json& json) {
  std::string text;
  WriteYaml(json, "", &text);
  return text;
}

}  // namespace

std::string WithoutSecrets(const std::string& text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos || text.find_first_of(" \n") < scheme) return text;
  std::string shown = text;
  const size_t host = scheme + 3;
  const size_t end = std::min(shown.find_first_of("/?#", host), shown.size());
  if (const size_t at = shown.rfind('@', end); at != std::string::npos && at >= host && at < end)
    shown.replace(host, at - host, kHidden);
  if (const size_t query = shown.find('?', host); query != std::string::npos)
    shown.replace(query + 1, std::string::npos, kHidden);
  return shown;
}

std::string EffectiveJson(const Settings& settings) {
  return JsonText(Shown(settings.from_environment).Group(SettingsKeys(), &settings, ""));
}

std::string EffectiveYaml(const Settings& settings) {
  return YamlLines(Shown(settings.from_environment).Group(SettingsKeys(), &settings, ""));
}

std::string EffectiveJson(const Logging& logging) {
  return JsonText(Shown(logging.from_environment).Group(LoggingKeys(), &logging, ""));
}

std::string EffectiveYaml(const Logging& logging) {
  return YamlLines(Shown(logging.from_environment).Group(LoggingKeys(), &logging, ""));
}

}  // namespace pixlake::settings
