// A tree of YAML into a struct, as keys say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/key/key.h"
#include "settings/read/read_settings.h"
#include "settings/yaml/document.h"

namespace pixlake::settings {

class KeyReader {
 public:
  // `settings` gets places and what came from the environment; `root` makes paths absolute.
  KeyReader(std::string root, Settings* settings, std::vector<Problem>* problems)
      : root_(std::move(root)), settings_(settings), problems_(problems) {}

  // `object` is what the keys are kept in. `prefix` is "" or "sources[0].".
  void ReadGroup(const std::vector<Key>& keys, const YamlNode& node, const std::string& prefix, void* object);

 private:
  void ReadEntries(const std::vector<const Key*>& keys, const YamlNode& node, const std::string& prefix,
                   void* object, const std::string& owner);
  void ReadKey(const Key& key, const YamlNode& node, Place place, const std::string& dotted, void* object);
  void ReadGroups(const Key& key, const YamlNode& node, const std::string& dotted, void* object);
  void ReadOne(const Key& key, const YamlNode& node, const std::string& dotted, void* object);
  // monostate after a problem.
  Value ValueOf(const Key& key, const YamlNode& node, const std::string& dotted);
  Value TextOf(const Key& key, const YamlNode& node, const std::string& dotted);
  Value NumberOf(const Key& key, const YamlNode& node, const std::string& dotted);
  Value ListOf(const Key& key, const YamlNode& node, const std::string& dotted);
  Value PolygonOf(const Key& key, const YamlNode& node, const std::string& dotted);
  Value MapOf(const Key& key, const YamlNode& node, const std::string& dotted);
  void Wrong(const Key& key, const YamlNode& node, const std::string& dotted, const std::string& more = "");
  void Tell(Place place, const std::string& dotted, std::string what);
  void NoteEnvironment(const YamlNode& node, const std::string& dotted);

  std::string root_;
  Settings* settings_;
  std::vector<Problem>* problems_;
};

// A plain scalar by YAML's core schema; a quoted one is text.
Scalar ScalarOfNode(const YamlNode& node);

// "the number 12", "the text \"many\"", "a list", "nothing"; `***` for what is secret.
std::string FoundWords(const YamlNode& node, bool secret);

// Against the root; URIs ("scheme://…") and absolute paths stay, lexically normal.
std::string AbsolutePath(const std::string& root, const std::string& path);
bool IsUri(std::string_view text);

// What one key cannot say: names given twice, a least above a largest, a step with kernel and SQL.
void CheckTogether(const Settings& settings, std::vector<Problem>* problems);
// Sources on this machine that are not there, with what is near.
void CheckPaths(const Settings& settings, std::vector<Problem>* problems);

}  // namespace pixlake::settings
