#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "query/mention/table_places_internal.h"

namespace pixlake::query {
namespace {

constexpr std::array<std::string_view, 10> kBeforeTable = {"FROM",  "JOIN",  "INTO",    "UPDATE",    "USING",
                                                           "TABLE", "PIVOT", "UNPIVOT", "SUMMARIZE", "COPY"};
// Behind these a comma lists no tables any more.
constexpr std::array<std::string_view, 15> kEndsList = {"WHERE",  "GROUP",   "ORDER",  "HAVING", "LIMIT",
                                                        "OFFSET", "SELECT",  "UNION",  "EXCEPT", "INTERSECT",
                                                        "WINDOW", "QUALIFY", "VALUES", "SET",    "WHEN"};
constexpr std::array<std::string_view, 3> kAtStart = {"DESCRIBE", "DESC", "SHOW"};
// Words in front of a bracket that call nothing.
constexpr std::array<std::string_view, 12> kNoFunctions = {"IN",  "EXISTS", "AS",   "FROM", "JOIN", "USING",
                                                           "ANY", "ALL",    "SOME", "AND",  "OR",   "NOT"};

template <size_t N>
bool IsOneOf(const SqlToken& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.IsWord(word); });
}

struct Bracket {
  bool next = false;      // the next token names a table
  bool list = false;      // a comma is followed by another
  bool call = false;      // of a function's arguments: EXTRACT(year FROM at)
  bool selected = false;  // a SELECT stands in it
  size_t first = 0;       // token
};

}  // namespace

std::vector<bool> TablePlaces(const std::vector<SqlToken>& tokens) {
  std::vector<bool> out(tokens.size(), false);
  std::vector<Bracket> open(1);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    if (token.IsSymbol(')')) {
      if (open.size() > 1) open.pop_back();
      continue;
    }
    Bracket& here = open.back();
    if (token.IsSymbol('(')) {
      const bool named =
          i > 0 && (tokens[i - 1].kind == TokenKind::kWord || tokens[i - 1].kind == TokenKind::kQuoted);
      Bracket inner;
      inner.next = inner.list = std::exchange(here.next, false);
      inner.call = !inner.next && named && !IsOneOf(tokens[i - 1], kNoFunctions);
      inner.first = i + 1;
      open.push_back(inner);
    } else if (token.IsSymbol(',')) {
      here.next = here.list;
    } else if (i > 0 && tokens[i - 1].IsSymbol('.')) {
      here.next = false;  // a column may be named anything
    } else if (token.IsWord("FROM") && ((i > 0 && tokens[i - 1].IsWord("DISTINCT")) ||
                                        (here.call && !here.selected && i != here.first))) {
      here.next = false;
    } else if (IsOneOf(token, kBeforeTable) || (i == 0 && IsOneOf(token, kAtStart))) {
      here.next = true;
      here.list = here.list || token.IsWord("FROM");
    } else if (IsOneOf(token, kEndsList)) {
      here.selected = here.selected || token.IsWord("SELECT");
      here.next = here.list = false;
    } else if (!token.IsWord("LATERAL") && !token.IsWord("ONLY")) {
      out[i] = std::exchange(here.next, false);
    }
  }
  return out;
}

}  // namespace pixlake::query
