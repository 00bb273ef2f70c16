#include "settings/write/settings_file.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "settings/key/logging_keys.h"
#include "settings/key/settings_keys.h"
#include "settings/logging.h"

namespace pixlake::settings {
namespace {

constexpr size_t kLineWidth = 100;

// "# words", wrapped.
std::string CommentLines(const std::string& words, const std::string& indent) {
  std::string out, line;
  size_t at = 0;
  while (at < words.size()) {
    size_t end = words.find(' ', at);
    if (end == std::string::npos) end = words.size();
    const std::string word = words.substr(at, end - at);
    if (!line.empty() && indent.size() + 3 + line.size() + word.size() > kLineWidth) {
      out += fmt::format("{}# {}\n", indent, line);
      line.clear();
    }
    line += line.empty() ? word : " " + word;
    at = end + 1;
  }
  return out + fmt::format("{}# {}\n", indent, line);
}

std::string Sentence(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
    words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string YamlOf(const Key& key, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return YamlText(*text);
  return ValueText(key, value);
}

// What a key is written with: its example, else its default.
std::string Written(const Key& key, const void* object) {
  if (!key.example.empty()) return key.example;
  const Value value = key.get(object);
  if (!std::holds_alternative<std::monostate>(value)) return YamlOf(key, value);
  return key.one_of.empty() ? "" : key.one_of[0];
}

// A key with its comment. `first` stands before the name: "" or "- " in a list.
std::string KeyLines(const Key& key, const void* object, const std::string& indent, bool commented) {
  std::string text = CommentLines(Sentence(key.what), indent);
  std::string line = fmt::format("{}{}{}: {}", indent, commented ? "# " : "", key.name, Written(key, object));
  while (line.ends_with(' ')) line.pop_back();
  const bool differs = !key.example.empty() && !key.required &&
                       !std::holds_alternative<std::monostate>(key.get(object)) && commented;
  const std::string fallback = differs ? YamlOf(key, key.get(object)) : "";
  if (differs && fallback != "\"\"" && fallback != "[]" && fallback != "{}" && fallback != "null")
    line += fmt::format("  # default: {}", fallback);
  return text + line + "\n";
}

std::string GroupLines(const Key& group, void* object, const std::string& indent);

// An entry of a list, all of it a comment.
std::string ExampleEntry(const Key& groups, void* object, const std::string& indent) {
  void* const one = groups.append(object, {});
  std::string text = fmt::format("{}# {}:\n", indent, groups.name);
  const std::string prefix = indent + "#   ";
  bool first = true;
  for (const Key& key : groups.keys) {
    // The examples say what it is about; the other keys are in the schema and in the docs.
    if (key.example.empty()) continue;
    text += fmt::format("{}{}{}: {}\n", prefix, first ? "- " : "  ", key.name, key.example);
    first = false;
  }
  (void)one;
  return text;
}

std::string KindTable(const std::vector<Kind>& kinds) {
  std::string text;
  for (const Kind& kind : kinds) {
    std::string names;
    for (const Key& key : kind.keys) names += (names.empty() ? "" : ", ") + key.name;
    text += fmt::format("#   {:<11} {}{}\n", kind.name, kind.what,
                        names.empty() ? "" : fmt::format(" ({})", names));
  }
  return text;
}

std::string ListLines(const Key& groups, void* object, const std::string& indent) {
  std::string text = CommentLines(Sentence(groups.what), indent);
  if (groups.kinds != nullptr) {
    text += "# Kinds:\n" + KindTable(*groups.kinds);
    text +=
        fmt::format("# {}:\n#   - {{kind: format, in: [JPEG, PNG], severity: quarantine}}\n", groups.name);
    return text + "#   - {kind: dimensions, min_width: 64, min_height: 64, severity: warn}\n";
  }
  return text + ExampleEntry(groups, object, indent);
}

std::string GroupLines(const Key& group, void* object, const std::string& indent) {
  std::string text = CommentLines(Sentence(group.what), indent) + fmt::format("{}{}:\n", indent, group.name);
  void* const inside = group.enter(object);
  for (const Key& key : group.keys) {
    if (key.type == KeyType::kGroup) {
      text += GroupLines(key, inside, indent + "  ");
    } else if (key.type == KeyType::kGroups) {
      text += ListLines(key, inside, indent + "  ");
    } else {
      text += KeyLines(key, inside, indent + "  ", !key.shown);
    }
  }
  return text;
}

std::string SourceLines(const Key& sources, const std::vector<std::string>& paths) {
  std::string text = CommentLines(Sentence(sources.what), "") + "sources:\n";
  for (const std::string& path : paths) text += fmt::format("  - path: {}\n", YamlText(path));
  Source defaults;
  for (const Key& key : sources.keys) {
    if (!key.required) text += KeyLines(key, &defaults, "    ", true);
  }
  return text;
}

}  // namespace

std::string YamlText(const std::string& text) {
  static constexpr std::array kWords = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool letters = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.' || c == '-';
  });
  const bool begins = letters && !(text[0] >= '0' && text[0] <= '9') && text[0] != '-' && text[0] != '.';
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (begins && std::find(kWords.begin(), kWords.end(), lower) == kWords.end()) return text;
  // The reader would take a '$' before '$' or '{' for more than a letter.
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    escaped += text[i];
    if (text[i] == '$' && i + 1 < text.size() && (text[i + 1] == '$' || text[i + 1] == '{')) escaped += '$';
  }
  return nlohmann::json(escaped).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string SettingsFile(const std::vector<std::string>& sources) {
  Settings defaults;
  std::string text =
      "# yaml-language-server: $schema=settings.schema.json\n"
      "# The settings of this lake. `pixlake config check` finds what is wrong here, `pixlake config show`\n"
      "# says what is in force. Paths are relative to the folder that holds config/. Values may be taken\n"
      "# from the environment: ${NAME}, ${NAME:-fallback}; $$ is a $.\n";
  for (const Key& key : SettingsKeys()) {
    text += "\n";
    if (key.name == "sources" && !sources.empty()) {
      text += SourceLines(key, sources);
    } else if (key.type == KeyType::kGroups) {
      text += ListLines(key, &defaults, "");
    } else {
      text += GroupLines(key, &defaults, "");
    }
  }
  return text;
}

std::string LoggingFile() {
  const Logging defaults;
  std::string text =
      "# yaml-language-server: $schema=logging.schema.json\n"
      "# What `pixlake run` writes to its log. `pixlake config check` finds what is wrong here, too.\n"
      "# Paths are relative to the folder that holds config/.\n\n";
  for (const Key& key : LoggingKeys()) text += KeyLines(key, &defaults, "", !key.shown);
  return text;
}

}  // namespace pixlake::settings
