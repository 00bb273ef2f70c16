#include <algorithm>

#include <fmt/format.h>

#include "base/near.h"

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

constexpr size_t kMostProblems = 100;

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
  if (context_.problems->size() < kMostProblems)
    context_.problems->push_back({place, dotted, std::move(what)});
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
  if (node.from_environment) context_.from_environment->insert(dotted);
  for (const auto& entry : node.entries) NoteEnvironment(entry.value, dotted);
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
  (*context_.places)[dotted] = place;
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
    const YamlNode& one = node.entries[i].value;
    const std::string name = fmt::format("{}[{}]", dotted, i);
    (*context_.places)[name] = one.place;
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

}  // namespace pixlake::settings
