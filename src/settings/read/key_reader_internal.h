// A tree of YAML into a struct, as keys say.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "settings/key/key.h"
#include "settings/read/read_settings.h"
#include "settings/yaml/document.h"

namespace pixlake::settings {

// What a reader is told, and where it tells.
struct KeyContext {
  std::string root;                      // makes paths absolute
  std::map<std::string, Place>* places;  // of keys that were given
  std::set<std::string>* from_environment;
  std::vector<Problem>* problems;
};

class KeyReader {
 public:
  explicit KeyReader(KeyContext context) : context_(std::move(context)) {}

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

  const KeyContext context_;
};

// A text into what `keys` are kept in. False when it is no YAML. Problems are not in the file's order yet.
bool ReadByKeys(std::string_view text, const std::vector<Key>& keys, const KeyContext& context, void* object);
void InOrder(std::vector<Problem>* problems);

// kNotFound with what makes such a file. One byte more than may be at most is read of a larger one.
Result<std::string> ConfigContents(const std::string& file);

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
