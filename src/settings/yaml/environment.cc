// Values from the environment, put in after YAML was read, so that none can be read as YAML.
#include <cstdlib>

#include <fmt/format.h>

#include "settings/yaml/document.h"

namespace pixlake::settings {
namespace {

constexpr size_t kMostExpanded = size_t{1} << 20;

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter) return false;
  }
  return true;
}

// What stands between "${" and "}"; false with a problem when it is none.
bool ExpandOne(std::string_view inside, YamlNode* node, std::string* out,
               std::vector<YamlProblem>* problems) {
  const size_t dash = inside.find(":-");
  const std::string name(inside.substr(0, dash));
  if (!IsVariableName(name)) {
    // What stands there may be a part of a password: it is not shown.
    problems->push_back({node->place,
                         "'${' that begins no variable; expected ${NAME}, ${NAME:-fallback}, or $${ for the "
                         "letters themselves"});
    return false;
  }
  node->expanded = true;
  const char* value = std::getenv(name.c_str());
  // An empty variable is none where there is a fallback, as in a shell.
  if (dash != std::string_view::npos && (value == nullptr || *value == '\0')) {
    out->append(inside.substr(dash + 2));
    return true;
  }
  if (value == nullptr) {
    problems->push_back(
        {node->place,
         fmt::format("the environment has no {}; set it, or write ${{{}:-fallback}}", name, name)});
    return false;
  }
  out->append(value);
  node->from_environment = true;
  return true;
}

// `left`: how many bytes all values together may still grow to.
void ExpandText(YamlNode* node, size_t* left, std::vector<YamlProblem>* problems) {
  const std::string text = node->text;
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$' || at + 1 == text.size() || (text[at + 1] != '$' && text[at + 1] != '{')) {
      out.push_back(text[at]);
      continue;
    }
    if (text[at + 1] == '$') {
      out.push_back('$');
      ++at;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == std::string::npos) {
      problems->push_back(
          {node->place, "'${' without its '}'; expected ${NAME}, or $${ for the letters themselves"});
      return;
    }
    if (!ExpandOne(std::string_view(text).substr(at + 2, end - at - 2), node, &out, problems)) return;
    if (out.size() > *left) break;
    at = end;
  }
  if (out.size() > *left) {
    problems->push_back(
        {node->place, fmt::format("more than {} bytes with what the environment has", kMostExpanded)});
    *left = 0;
    return;
  }
  *left -= out.size();
  node->text = std::move(out);
}

void ExpandNode(YamlNode* node, size_t* left, std::vector<YamlProblem>* problems) {
  if (node->kind == YamlNode::Kind::kScalar && *left > 0 && node->text.find('$') != std::string::npos)
    ExpandText(node, left, problems);
  for (auto& entry : node->entries) ExpandNode(&entry.value, left, problems);
}

}  // namespace

void ExpandEnvironment(YamlNode* node, std::vector<YamlProblem>* problems) {
  size_t left = kMostExpanded;
  ExpandNode(node, &left, problems);
}

}  // namespace pixlake::settings
