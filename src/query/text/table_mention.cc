#include "query/text/table_mention.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <arrow/util/string.h>

namespace pixlake::query {
namespace {

// Words that end an expression, since no operand or operator is called so.
constexpr std::array<std::string_view, 41> kAfterExpression = {
    "WHERE", "GROUP",      "ORDER",      "JOIN",      "INNER",       "LEFT",    "RIGHT",   "FULL",  "CROSS",
    "ON",    "UNION",      "EXCEPT",     "INTERSECT", "LIMIT",       "HAVING",  "AS",      "USING", "WHEN",
    "SET",   "TO",         "WINDOW",     "LATERAL",   "TABLESAMPLE", "QUALIFY", "NATURAL", "SEMI",  "ANTI",
    "ASOF",  "POSITIONAL", "OFFSET",     "SELECT",    "FROM",        "INSERT",  "VALUES",  "PIVOT", "UNPIVOT",
    "SORT",  "CLUSTER",    "DISTRIBUTE", "MINUS",     "OUTER"};

class Reader {
 public:
  Reader(const SqlStatement& statement, const std::vector<std::string>& formats)
      : sql_(statement.text), tokens_(statement.tokens), formats_(formats) {}

  std::optional<TableMention> Read(size_t first, bool anywhere) const {
    TableMention out;
    if (first >= tokens_.size() || !Name(first, &out)) return std::nullopt;
    out.end = out.name_end;
    Version(anywhere, &out);
    return out;
  }

 private:
  const SqlToken* At(size_t i) const { return i < tokens_.size() ? &tokens_[i] : nullptr; }
  bool IsWord(size_t i, std::string_view word) const { return At(i) != nullptr && At(i)->IsWord(word); }
  bool IsSymbol(size_t i, char symbol) const { return At(i) != nullptr && At(i)->IsSymbol(symbol); }
  bool IsName(size_t i) const { return At(i) != nullptr && IsNameToken(*At(i)); }

  bool Name(size_t i, TableMention* out) const {
    if (tokens_[i].kind == TokenKind::kText) {
      out->reference.place = tokens_[i].text;
      out->name_end = i + 1;
      return true;
    }
    if (!IsName(i)) return false;
    if (!IsSymbol(i + 1, '.')) {
      out->reference.place = out->name = tokens_[i].text;
      out->name_end = i + 1;
      return true;
    }
    if (!IsName(i + 2) || IsSymbol(i + 3, '.')) return false;
    const std::string format = arrow::internal::AsciiToLower(tokens_[i].text);
    const bool placed = tokens_[i].kind == TokenKind::kWord && tokens_[i + 2].kind == TokenKind::kQuoted &&
                        std::find(formats_.begin(), formats_.end(), format) != formats_.end();
    if (placed) {
      out->reference.format = format;
      out->reference.place = tokens_[i + 2].text;
    } else {
      out->reference.place = tokens_[i].text + "." + tokens_[i + 2].text;
      out->name = tokens_[i + 2].text;
    }
    out->name_end = i + 3;
    return true;
  }

  std::optional<int64_t> Integer(std::string_view text) const {
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
  }

  bool Number(size_t i, TableMention* out) const {
    if (At(i) == nullptr || At(i)->kind != TokenKind::kNumber) return false;
    out->reference.version.version = Integer(At(i)->text);
    return out->reference.version.version.has_value();
  }

  void Version(bool anywhere, TableMention* out) const {
    const size_t next = out->name_end;
    if (!anywhere && IsSymbol(next, '@') && At(next + 1) != nullptr &&
        At(next + 1)->kind == TokenKind::kWord &&
        arrow::internal::AsciiToLower(At(next + 1)->text.substr(0, 1)) == "v") {
      out->reference.version.version = Integer(std::string_view(At(next + 1)->text).substr(1));
      if (out->reference.version.version) out->end = next + 2;
      return;
    }
    if (!anywhere && IsWord(next, "AT") && IsSymbol(next + 1, '(') && IsSymbol(next + 3, '=') &&
        IsSymbol(next + 4, '>')) {
      const size_t value = next + 5;
      const size_t end = ExpressionEnd(value);
      if (!IsSymbol(end, ')') || end == value) return;
      if (IsWord(next + 2, "VERSION") && end == value + 1 && Number(value, out)) out->end = end + 1;
      if (IsWord(next + 2, "TIMESTAMP")) {
        out->time = Text(value, end);
        out->end = end + 1;
      }
      return;
    }
    const size_t travel = next + (IsWord(next, "FOR") ? 1 : 0);
    if (!IsWord(travel + 1, "AS") || !IsWord(travel + 2, "OF")) return;
    const size_t value = travel + 3;
    if (IsWord(travel, "VERSION") && Number(value, out)) {
      out->end = value + 1;
    } else if (IsWord(travel, "TIMESTAMP") && At(value) != nullptr) {
      const bool plain = At(value)->kind == TokenKind::kText;
      if (anywhere && !plain) return;
      const size_t end = anywhere ? value + 1 : ExpressionEnd(value);
      if (end == value) return;
      out->time = Text(value, end);
      out->end = end;
    }
  }

  // Behind the last token of the expression that begins at `first`: an operand with what operators
  // join to it. A word behind a whole operand is an alias, or the next clause.
  size_t ExpressionEnd(size_t first) const {
    int depth = 0;
    bool whole = false;
    size_t i = first;
    for (; i < tokens_.size(); ++i) {
      const SqlToken& token = tokens_[i];
      const bool opens = token.IsSymbol('(') || token.IsSymbol('[');
      const bool closes = token.IsSymbol(')') || token.IsSymbol(']');
      if (depth == 0 && (closes || token.IsSymbol(','))) break;
      depth += opens ? 1 : closes ? -1 : 0;
      if (opens || closes || depth > 0) {
        whole = depth == 0;
        continue;
      }
      if (token.kind == TokenKind::kSymbol) {
        whole = false;
        continue;
      }
      const bool ends = token.kind == TokenKind::kWord &&
                        std::any_of(kAfterExpression.begin(), kAfterExpression.end(),
                                    [&](std::string_view word) { return token.IsWord(word); });
      if (whole || ends) break;
      // INTERVAL 1 DAY, TIMESTAMP '2026-11-21'
      if (token.IsWord("INTERVAL")) {
        i += IsName(i + 2) && !IsSymbol(i + 1, '(') ? 2 : 1;
      } else if ((token.IsWord("TIMESTAMP") || token.IsWord("DATE") || token.IsWord("TIMESTAMPTZ")) &&
                 At(i + 1) != nullptr && At(i + 1)->kind == TokenKind::kText) {
        ++i;
      }
      whole = true;
    }
    return std::min(i, tokens_.size());
  }

  std::string Text(size_t first, size_t end) const {
    return sql_.substr(tokens_[first].begin, tokens_[end - 1].end - tokens_[first].begin);
  }

  const std::string& sql_;
  const std::vector<SqlToken>& tokens_;
  const std::vector<std::string>& formats_;
};

}  // namespace

std::optional<TableMention> ReadTableMention(const SqlStatement& statement, size_t first,
                                             const std::vector<std::string>& formats, bool anywhere) {
  return Reader(statement, formats).Read(first, anywhere);
}

std::string PlaceText(std::string place) {
  const bool like_a_name = !place.empty() && place.find_first_of("/.") == std::string::npos;
  return like_a_name ? "./" + place : place;
}

}  // namespace pixlake::query
