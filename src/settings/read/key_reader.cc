#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/time/duration.h"
#include "base/memory/byte_size.h"
#include "base/near.h"

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

constexpr size_t kMostProblems = 100;

bool IsWord(std::string_view text, std::string_view beyond) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [beyond](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           beyond.find(c) != std::string_view::npos;
  });
}

bool FitsForm(TextForm form, const std::string& text) {
  switch (form) {
    case TextForm::kAny:
      return true;
    case TextForm::kPath:
      return !text.empty();
    case TextForm::kTableName: {
      const size_t dot = text.find('.');
      return dot != std::string::npos && IsWord(text.substr(0, dot), "") && IsWord(text.substr(dot + 1), "");
    }
    case TextForm::kName:
      return IsWord(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    case TextForm::kTimeOfDay:
      return text.size() == 5 && text[2] == ':' && text[0] >= '0' && text[0] <= '2' && text[1] >= '0' &&
             text[1] <= '9' && text[3] >= '0' && text[3] <= '5' && text[4] >= '0' && text[4] <= '9' &&
             text.substr(0, 2) <= "23";
  }
  return false;
}

bool InRange(const Key& key, double number) {
  return (key.least == 0 && key.most == 0) || (number >= key.least && number <= key.most);
}

std::vector<std::string> NamesOf(const std::vector<const Key*>& keys) {
  std::vector<std::string> names;
  for (const Key* key : keys) names.push_back(key->name);
  return names;
}

std::vector<const Key*> PointersTo(const std::vector<Key>& keys) {
  std::vector<const Key*> pointers;
  for (const Key& key : keys) pointers.push_back(&key);
  return pointers;
}

const YamlNode* EntryOf(const YamlNode& node, std::string_view name) {
  for (const auto& [key, value] : node.entries) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

void KeyReader::Tell(Place place, const std::string& dotted, std::string what) {
  if (problems_->size() < kMostProblems) problems_->push_back({place, dotted, std::move(what)});
}

// The last part of a dotted key alone says whether it is secret; a step's `key` is a column's name.
void KeyReader::Wrong(const Key& key, const YamlNode& node, const std::string& dotted,
                      const std::string& more) {
  const bool secret =
      key.keys.empty() && key.name != "key" && IsSecretName(dotted.substr(dotted.rfind('.') + 1));
  std::string what =
      fmt::format("found {}; expected {}{}", FoundWords(node, secret), ExpectedWords(key), more);
  if (key.type == KeyType::kText && node.kind == YamlNode::Kind::kScalar && key.one_of.empty() &&
      !std::holds_alternative<std::string>(ScalarOfNode(node)))
    what += " (in quotes it is text)";
  Tell(node.place, dotted, std::move(what));
}

void KeyReader::NoteEnvironment(const YamlNode& node, const std::string& dotted) {
  if (node.from_environment) settings_->from_environment.insert(dotted);
  for (const auto& entry : node.entries) NoteEnvironment(entry.second, dotted);
}

void KeyReader::ReadGroup(const std::vector<Key>& keys, const YamlNode& node, const std::string& prefix,
                          void* object) {
  ReadEntries(PointersTo(keys), node, prefix, object, "");
}

// `owner`: "; kind blur has: min_sharpness" for keys that are not there, or nothing.
void KeyReader::ReadEntries(const std::vector<const Key*>& keys, const YamlNode& node,
                            const std::string& prefix, void* object, const std::string& owner) {
  if (node.kind == YamlNode::Kind::kNull) return;
  if (node.kind != YamlNode::Kind::kMap) {
    Tell(node.place, prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1),
         fmt::format("found {}; expected a mapping", FoundWords(node, false)));
    return;
  }
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const auto& [name, value] = node.entries[i];
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&name = name](const Key* known) { return known->name == name; });
    if (key == keys.end()) {
      Tell(node.key_places[i], prefix + name.substr(0, 80),
           fmt::format("no such key{}{}", owner, DidYouMean(name, NamesOf(keys))));
      continue;
    }
    ReadKey(**key, value, node.key_places[i], prefix + name, object);
  }
  for (const Key* key : keys) {
    if (key->required && EntryOf(node, key->name) == nullptr)
      Tell(node.place, prefix + key->name, fmt::format("missing; expected {}", ExpectedWords(*key)));
  }
}

void KeyReader::ReadKey(const Key& key, const YamlNode& node, Place place, const std::string& dotted,
                        void* object) {
  settings_->places[dotted] = place;
  if (key.type == KeyType::kGroup) {
    ReadGroup(key.keys, node, dotted + ".", key.enter(object));
    return;
  }
  if (key.type == KeyType::kGroups) {
    ReadGroups(key, node, dotted, object);
    return;
  }
  Value value = ValueOf(key, node, dotted);
  if (std::holds_alternative<std::monostate>(value)) return;
  // Of a map each value is noted by itself.
  if (key.type != KeyType::kTextMap && key.type != KeyType::kScalarMap) NoteEnvironment(node, dotted);
  key.set(object, std::move(value));
}

void KeyReader::ReadGroups(const Key& key, const YamlNode& node, const std::string& dotted, void* object) {
  if (node.kind == YamlNode::Kind::kNull) return;
  if (node.kind != YamlNode::Kind::kSequence) {
    Wrong(key, node, dotted);
    return;
  }
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const YamlNode& one = node.entries[i].second;
    const std::string name = fmt::format("{}[{}]", dotted, i);
    settings_->places[name] = one.place;
    if (one.kind != YamlNode::Kind::kMap) {
      Tell(one.place, name, fmt::format("found {}; expected a mapping", FoundWords(one, false)));
      continue;
    }
    ReadOne(key, one, name, key.append(object, one.place));
  }
}

void KeyReader::ReadOne(const Key& key, const YamlNode& node, const std::string& dotted, void* object) {
  std::vector<const Key*> keys = PointersTo(key.keys);
  if (key.kinds == nullptr) {
    ReadEntries(keys, node, dotted + ".", object, "");
    return;
  }
  const YamlNode* const kind_node = EntryOf(node, "kind");
  const Kind* kind = nullptr;
  for (const Kind& known : *key.kinds) {
    if (kind_node != nullptr && kind_node->kind == YamlNode::Kind::kScalar && known.name == kind_node->text)
      kind = &known;
  }
  if (kind == nullptr) {
    // Which other keys there are is not known: only what is wrong with the kind is told.
    const Key& kind_key =
        *std::find_if(key.keys.begin(), key.keys.end(), [](const Key& k) { return k.name == "kind"; });
    if (kind_node == nullptr) {
      Tell(node.place, dotted + ".kind", fmt::format("missing; expected {}", ExpectedWords(kind_key)));
    } else {
      ReadKey(kind_key, *kind_node, kind_node->place, dotted + ".kind", object);
    }
    return;
  }
  for (const Key& parameter : kind->keys) keys.push_back(&parameter);
  ReadEntries(keys, node, dotted + ".", object, fmt::format(" of a check of kind {}", kind->name));
  const bool some = std::any_of(kind->keys.begin(), kind->keys.end(),
                                [&](const Key& one) { return EntryOf(node, one.name) != nullptr; });
  if (kind->any_of && !some) {
    std::vector<std::string> names;
    for (const Key& one : kind->keys) names.push_back(one.name);
    Tell(node.place, dotted,
         fmt::format("kind {} needs at least one of: {}", kind->name, fmt::join(names, ", ")));
  }
}

Value KeyReader::ValueOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  switch (key.type) {
    case KeyType::kTexts:
    case KeyType::kIntegers:
      return ListOf(key, node, dotted);
    case KeyType::kPolygon:
      return PolygonOf(key, node, dotted);
    case KeyType::kTextMap:
    case KeyType::kScalarMap:
      return MapOf(key, node, dotted);
    case KeyType::kText:
      return TextOf(key, node, dotted);
    default:
      return NumberOf(key, node, dotted);
  }
}

Value KeyReader::TextOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  const bool text = node.kind == YamlNode::Kind::kScalar &&
                    (node.expanded || std::holds_alternative<std::string>(ScalarOfNode(node)));
  if (!text || !FitsForm(key.form, node.text)) {
    Wrong(key, node, dotted);
    return {};
  }
  if (!key.one_of.empty() && std::find(key.one_of.begin(), key.one_of.end(), node.text) == key.one_of.end()) {
    const std::string near = DidYouMean(node.text, key.one_of);
    Wrong(key, node, dotted, node.from_environment || near.starts_with("; there are") ? "" : near);
    return {};
  }
  if (key.form != TextForm::kPath) return node.text;
  if (node.text == "~" || node.text.starts_with("~/")) {
    Wrong(key, node, dotted, "; '~' is not looked up: write ${HOME}");
    return {};
  }
  return AbsolutePath(root_, node.text);
}

// Booleans, numbers, sizes, durations.
Value KeyReader::NumberOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  const auto wrong = [&]() -> Value {
    Wrong(key, node, dotted);
    return {};
  };
  if (node.kind != YamlNode::Kind::kScalar) return wrong();
  const Scalar scalar = ScalarOfNode(node);
  if (key.type == KeyType::kBoolean)
    return std::holds_alternative<bool>(scalar) ? std::get<bool>(scalar) : wrong();
  const auto* integer = std::get_if<int64_t>(&scalar);
  if (key.type == KeyType::kNumber) {
    const auto* number = std::get_if<double>(&scalar);
    if (number == nullptr && integer == nullptr) return wrong();
    const double value = number != nullptr ? *number : static_cast<double>(*integer);
    return std::isfinite(value) && InRange(key, value) ? Value(value) : wrong();
  }
  int64_t value = 0;
  if (key.type == KeyType::kInteger || (key.type == KeyType::kSize && integer != nullptr)) {
    if (integer == nullptr) return wrong();
    value = *integer;
  } else {
    const auto parsed = key.type == KeyType::kSize ? ParseByteSize(node.text) : ParseDuration(node.text);
    if (!parsed.ok()) return wrong();
    value = *parsed;
  }
  return InRange(key, static_cast<double>(value)) ? Value(value) : wrong();
}

Value KeyReader::ListOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  if (node.kind != YamlNode::Kind::kSequence || (key.required && node.entries.empty())) {
    Wrong(key, node, dotted);
    return {};
  }
  std::vector<std::string> texts;
  std::vector<int64_t> integers;
  const size_t before = problems_->size();
  Key item = key;  // what one of the list must be
  item.required = false;
  item.type = key.type == KeyType::kTexts ? KeyType::kText : KeyType::kInteger;
  for (size_t i = 0; i < node.entries.size(); ++i) {
    YamlNode one = node.entries[i].second;
    // What is written without quotes is taken as it stands: labels are often numbers.
    if (item.type == KeyType::kText) one.quoted = true, one.expanded = false;
    const std::string entry = fmt::format("{}[{}]", dotted, i);
    settings_->places[entry] = one.place;
    Value value = ValueOf(item, one, entry);
    if (auto* text = std::get_if<std::string>(&value)) texts.push_back(std::move(*text));
    if (const auto* integer = std::get_if<int64_t>(&value)) integers.push_back(*integer);
  }
  if (problems_->size() != before) return {};
  return item.type == KeyType::kText ? Value(std::move(texts)) : Value(std::move(integers));
}

Value KeyReader::PolygonOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  Polygon polygon;
  const auto number = [](const YamlNode& one, double most, double* out) {
    if (one.kind != YamlNode::Kind::kScalar) return false;
    const Scalar scalar = ScalarOfNode(one);
    if (const auto* real = std::get_if<double>(&scalar)) {
      *out = *real;
    } else if (const auto* integer = std::get_if<int64_t>(&scalar)) {
      *out = static_cast<double>(*integer);
    } else {
      return false;
    }
    return *out >= -most && *out <= most;
  };
  bool good = node.kind == YamlNode::Kind::kSequence && node.entries.size() >= 3;
  for (size_t i = 0; good && i < node.entries.size(); ++i) {
    const YamlNode& corner = node.entries[i].second;
    std::array<double, 2> at{};
    if (corner.kind != YamlNode::Kind::kSequence || corner.entries.size() != 2 ||
        !number(corner.entries[0].second, 180, &at[0]) || !number(corner.entries[1].second, 90, &at[1])) {
      Wrong(key, corner, fmt::format("{}[{}]", dotted, i));
      return {};
    }
    polygon.push_back(at);
  }
  if (good) return polygon;
  Wrong(key, node, dotted);
  return {};
}

Value KeyReader::MapOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  if (node.kind != YamlNode::Kind::kMap) {
    Wrong(key, node, dotted);
    return {};
  }
  std::map<std::string, std::string> texts;
  std::map<std::string, Scalar> scalars;
  const size_t before = problems_->size();
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const auto& [name, one] = node.entries[i];
    const std::string entry = fmt::format("{}.{}", dotted, name.substr(0, 80));
    settings_->places[entry] = node.key_places[i];
    if (one.kind != YamlNode::Kind::kScalar) {
      Tell(one.place, entry,
           fmt::format("found {}; expected one value (text, a number, true or false)",
                       FoundWords(one, false)));
      continue;
    }
    if (one.from_environment) settings_->from_environment.insert(entry);
    texts[name] = one.text;
    scalars[name] = ScalarOfNode(one);
  }
  if (problems_->size() != before) return {};
  return key.type == KeyType::kTextMap ? Value(std::move(texts)) : Value(std::move(scalars));
}

}  // namespace pixlake::settings
