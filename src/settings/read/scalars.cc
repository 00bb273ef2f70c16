// What a scalar is and how a message shows it; paths.
#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

constexpr size_t kMostShown = 60;

template <typename Number>
bool ReadsAs(std::string_view text, Number* number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  // Not "inf" and "nan", which from_chars knows.
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !((text[first] >= '0' && text[first] <= '9') || text[first] == '.'))
    return false;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && at == text.data() + text.size();
}

std::string ShownText(const std::string& text) {
  std::string shown = text.substr(0, kMostShown);
  while (shown.size() < text.size() && !shown.empty() &&
         (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80)
    shown.pop_back();
  return nlohmann::json(shown).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         (shown.size() < text.size() ? "…" : "");
}

}  // namespace

Scalar ScalarOfNode(const YamlNode& node) {
  const std::string& text = node.text;
  if (node.quoted && !node.expanded) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  int64_t integer = 0;
  if (ReadsAs(text, &integer)) return integer;
  double number = 0;
  if (ReadsAs(text, &number)) return number;
  return text;
}

std::string FoundWords(const YamlNode& node, bool secret) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kSequence:
      return node.entries.empty() ? "an empty list" : "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
    case YamlNode::Kind::kScalar:
      break;
  }
  if (node.from_environment) return "*** (from the environment)";
  if (secret) return "***";
  const Scalar scalar = ScalarOfNode(node);
  if (std::holds_alternative<std::string>(scalar)) return "the text " + ShownText(node.text);
  return node.text.substr(0, kMostShown);
}

bool IsUri(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  for (const char c : text.substr(0, colon)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        c == '+' || c == '-' || c == '.';
    if (!letter) return false;
  }
  return true;
}

std::string AbsolutePath(const std::string& root, const std::string& path) {
  if (path.empty() || IsUri(path) || path.starts_with("data:")) return path;
  const std::filesystem::path joined = std::filesystem::path(root) / path;
  std::string normal = joined.lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

}  // namespace pixlake::settings
