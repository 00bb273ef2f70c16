#include <algorithm>

#include "file/list/delimiter_internal.h"

namespace pixlake::file {

// RFC 4180, 2: a quote inside quotes is doubled; delimiters and line breaks inside
// quotes belong to the value.
std::vector<std::string> SplitRecord(std::string_view text, char delimiter, bool quoted_values) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        values.back().push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        values.back().push_back('"');
        ++i;
      } else {
        quoted = false;
      }
    } else if (quoted_values && c == '"' && values.back().empty()) {
      quoted = true;
    } else if (c == delimiter) {
      values.emplace_back();
    } else if (c == '\n' || c == '\r') {
      break;
    } else {
      values.back().push_back(c);
    }
  }
  return values;
}

char DetectDelimiter(std::string_view head, std::string_view column, Quoting quoting) {
  char best = kNoDelimiter;
  size_t most = 1;
  bool best_has = false;
  for (const char delimiter : kDelimiters) {
    const bool quoted = quoting == Quoting::kCsv || (quoting == Quoting::kByDelimiter && delimiter != '\t');
    const std::vector<std::string> values = SplitRecord(head, delimiter, quoted);
    const bool has = std::find(values.begin(), values.end(), column) != values.end();
    if (values.size() < 2 || (best_has && !has)) continue;
    if (values.size() > most || (has && !best_has)) {
      best = delimiter;
      most = values.size();
      best_has = has;
    }
  }
  return best;
}

}  // namespace pixlake::file
