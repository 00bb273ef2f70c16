// What a key of a settings file is: its name, type, range and meaning, and the member it is kept in.
// The reader, the JSON Schema, the file with comments and the page of keys all come from this.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "settings/settings.h"

namespace pixlake::settings {

enum class KeyType {
  kBoolean,
  kInteger,
  kNumber,
  kText,
  kSize,       // 256MB: bytes
  kDuration,   // 24h: milliseconds
  kTexts,      // a list
  kIntegers,   // a list
  kPolygon,    // a list of [longitude, latitude]
  kTextMap,    // names of one's own to texts
  kScalarMap,  // names of one's own to texts, numbers, booleans
  kGroup,      // a mapping with `keys`
  kGroups,     // a list of such
};

enum class TextForm {
  kAny,
  kPath,       // made absolute, URIs stay
  kTableName,  // zone.name
  kName,       // letters, digits, '_' and '-'
  kTimeOfDay,  // 03:30
};

struct Kind;

struct Key {
  std::string name;
  KeyType type = KeyType::kText;
  std::string what;                   // with its unit; without a full stop
  double least = 0, most = 0;         // of numbers, sizes (bytes), durations (ms); both 0: any
  std::vector<std::string> one_of{};  // of texts; empty: any
  TextForm form = TextForm::kAny;
  bool required = false;
  bool shown = false;       // stands in the written file with its default, not in a comment
  std::string example{};    // as YAML, for the written file where the default says little
  std::vector<Key> keys{};  // of a group, or of each of `groups`
  // Of groups that have a key `kind`: the keys that each kind adds.
  const std::vector<Kind>* kinds = nullptr;

  // Where it is kept. The object is the struct that the group of this key is kept in.
  std::function<void(void* object, Value value)> set{};
  std::function<Value(const void* object)> get{};
  std::function<void*(void* object)> enter{};                         // of a group
  std::function<void*(void* object, Place place)> append{};           // of groups
  std::function<std::vector<const void*>(const void* object)> all{};  // of groups
};

struct Kind {
  std::string name;
  std::string what;
  std::vector<Key> keys;
  bool any_of = false;  // at least one of the keys must be given
};

// Of keys whose values nobody prints: their name says key, secret, password, token or credential.
bool IsSecretName(std::string_view name);

// "boolean", "whole number", "size", … as a page of keys says it.
std::string TypeWords(const Key& key);
// What a wrong value is answered with: "a whole number from 1 to 1000000".
std::string ExpectedWords(const Key& key);
// A value as YAML (and JSON) writes it; sizes and durations as people write them. Nothing: "".
std::string ValueText(const Key& key, const Value& value);

// A member of T as a key. M: bool, int64_t, double, std::string, std::optional<bool> or what Value holds.
template <typename T, typename M>
Key Kept(Key key, M T::*member) {
  key.set = [member](void* object, Value value) {
    if constexpr (std::is_same_v<M, std::optional<bool>>) {
      static_cast<T*>(object)->*member = std::get<bool>(value);
    } else {
      static_cast<T*>(object)->*member = std::get<M>(std::move(value));
    }
  };
  key.get = [member](const void* object) -> Value {
    const M& held = static_cast<const T*>(object)->*member;
    if constexpr (std::is_same_v<M, std::optional<bool>>) {
      return held ? Value(*held) : Value();
    } else {
      return held;
    }
  };
  return key;
}

template <typename T, typename M>
Key KeptGroup(std::string name, M T::*member, std::vector<Key> keys, std::string what) {
  Key key{.name = std::move(name), .type = KeyType::kGroup, .what = std::move(what), .keys = std::move(keys)};
  key.enter = [member](void* object) -> void* { return &(static_cast<T*>(object)->*member); };
  return key;
}

template <typename T, typename M>
Key KeptGroups(std::string name, std::vector<M> T::*member, std::vector<Key> keys, std::string what) {
  Key key{
      .name = std::move(name), .type = KeyType::kGroups, .what = std::move(what), .keys = std::move(keys)};
  key.append = [member](void* object, Place place) -> void* {
    M& added = (static_cast<T*>(object)->*member).emplace_back();
    added.place = place;
    return &added;
  };
  key.all = [member](const void* object) {
    std::vector<const void*> found;
    for (const M& one : static_cast<const T*>(object)->*member) found.push_back(&one);
    return found;
  };
  return key;
}

}  // namespace pixlake::settings
