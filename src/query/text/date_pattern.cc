#include "query/text/date_pattern.h"

#include <array>
#include <cctype>
#include <utility>

namespace pixlake::query {
namespace {

using LettersAndFormat = std::pair<std::string_view, std::string_view>;

constexpr std::array<LettersAndFormat, 26> kLetters = {{
    {"yyyy", "%Y"}, {"yy", "%y"},        {"MM", "%m"},  {"M", "%-m"}, {"MMM", "%b"}, {"MMMM", "%B"},
    {"dd", "%d"},   {"d", "%-d"},        {"DDD", "%j"}, {"D", "%-j"}, {"E", "%a"},   {"EE", "%a"},
    {"EEE", "%a"},  {"EEEE", "%A"},      {"HH", "%H"},  {"H", "%-H"}, {"hh", "%I"},  {"h", "%-I"},
    {"mm", "%M"},   {"m", "%-M"},        {"ss", "%S"},  {"s", "%-S"}, {"SSS", "%g"}, {"SSSSSS", "%f"},
    {"a", "%p"},    {"SSSSSSSSS", "%n"},
}};

}  // namespace

std::optional<std::string> StrftimeFormat(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const size_t end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view literal =
          end == i + 1 ? std::string_view("'") : pattern.substr(i + 1, end - i - 1);
      for (const char one : literal) out.append(one == '%' ? 2 : 1, one);
      i = end + 1;
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      if (c == '[' || c == ']' || c == '{' || c == '}' || c == '#') return std::nullopt;
      out.append(c == '%' ? 2 : 1, c);
      ++i;
      continue;
    }
    size_t end = i;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const std::string_view letters = pattern.substr(i, end - i);
    std::string_view format;
    for (const auto& [known, meaning] : kLetters) {
      if (known == letters) format = meaning;
    }
    if (format.empty()) return std::nullopt;
    out += format;
    i = end;
  }
  return out;
}

}  // namespace pixlake::query
