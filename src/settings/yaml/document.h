// YAML that is read from strangers: a tree with places, of bounded size and depth. No anchors,
// aliases, tags, merge keys or second documents, no key twice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"

namespace pixlake::settings {

inline constexpr int kDeepestYaml = 16;
inline constexpr size_t kMostYamlNodes = 50'000;

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;                // of a scalar
  bool quoted = false;             // a scalar in quotes or a block is text whatever it looks like
  bool expanded = false;           // had a ${NAME}: quotes say nothing then
  bool from_environment = false;   // never printed
  std::vector<YamlEntry> entries;  // a sequence's have no names
  std::vector<Place> key_places;   // of a map's entries
};

struct YamlEntry {
  std::string name;
  YamlNode value;
};

struct YamlProblem {
  Place place;
  std::string what;
};

// Problems are appended; the tree is what was read before one that ended it.
YamlNode ReadYaml(std::string_view text, size_t most_bytes, std::vector<YamlProblem>* problems);

// `${NAME}` and `${NAME:-fallback}` in every scalar become what the environment has, `$$` a `$`. A name
// that is not set and has no fallback is a problem. What a value holds is not read as YAML.
void ExpandEnvironment(YamlNode* node, std::vector<YamlProblem>* problems);

}  // namespace pixlake::settings
