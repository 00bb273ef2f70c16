#include <algorithm>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/change/change_cursor_internal.h"
#include "query/change/change_query_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"

namespace pixlake::query {

Result<ChangeCursor> ChangeCursor::Make(const SqlStatement& statement) {
  ChangeCursor cursor;
  cursor.sql_ = statement.text;
  cursor.tokens_ = statement.tokens;
  int depth = 0;
  for (const SqlToken& token : cursor.tokens_) {
    const bool symbol = token.kind == TokenKind::kSymbol;
    const bool closes = symbol && (token.text == ")" || token.text == "]" || token.text == "}");
    const bool opens = symbol && (token.text == "(" || token.text == "[" || token.text == "{");
    if (closes && --depth < 0) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("the bracket at character {} of the statement closes nothing", token.begin + 1));
    }
    cursor.depths_.push_back(depth);
    depth += opens ? 1 : 0;
  }
  if (depth > 0) return Error(ErrorCode::kUsage, "the statement ends inside a bracket");
  return cursor;
}

bool ChangeCursor::IsAt(const SqlToken& token, std::string_view word) {
  if (token.kind == TokenKind::kSymbol) return token.text == word;
  return token.kind == TokenKind::kWord && LowerCase(token.text) == word;
}

bool ChangeCursor::Is(std::string_view word) const {
  return !at_end() && IsAt(tokens_[next_], word);
}

bool ChangeCursor::IsOneOf(const std::vector<std::string>& words) const {
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return Is(word); });
}

bool ChangeCursor::NextIsOneOf(const std::vector<std::string>& words) const {
  return next_ + 1 < tokens_.size() && std::any_of(words.begin(), words.end(), [&](const auto& word) {
           return IsAt(tokens_[next_ + 1], word);
         });
}

bool ChangeCursor::IsName() const {
  return !at_end() && (tokens_[next_].kind == TokenKind::kWord || tokens_[next_].kind == TokenKind::kQuoted);
}

bool ChangeCursor::Accept(std::string_view word) {
  const bool there = Is(word);
  next_ += there ? 1 : 0;
  return there;
}

Status ChangeCursor::Expect(std::string_view word) {
  if (Accept(word)) return Status::OK();
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return Unexpected(upper);
}

Status ChangeCursor::Unexpected(std::string_view expected) const {
  if (at_end()) {
    return Error(ErrorCode::kUsage, fmt::format("the statement ends where {} was expected", expected));
  }
  const SqlToken& token = tokens_[next_];
  return Error(ErrorCode::kUsage,
               fmt::format("at character {} of the statement stands `{}` where {} was expected",
                           token.begin + 1, sql_.substr(token.begin, token.end - token.begin), expected));
}

Result<std::string> ChangeCursor::ExpectName(std::string_view what) {
  if (!IsName()) return Unexpected(what);
  return tokens_[next_++].text;
}

Result<std::string> ChangeCursor::ExpectText(std::string_view what) {
  if (at_end() || tokens_[next_].kind != TokenKind::kText) return Unexpected(what);
  return tokens_[next_++].text;
}

Result<std::vector<std::string>> ChangeCursor::ExpectNameList() {
  PL_RETURN_NOT_OK(Expect("("));
  std::vector<std::string> out;
  do {
    PL_ASSIGN_OR_RETURN(std::string name, ExpectName("a column"));
    out.push_back(std::move(name));
  } while (Accept(","));
  PL_RETURN_NOT_OK(Expect(")"));
  return out;
}

Result<TargetTable> ChangeCursor::ExpectTable() {
  if (!at_end() && tokens_[next_].kind == TokenKind::kText) {
    return TargetTable{PlaceText(tokens_[next_++].text), "target"};
  }
  const bool bare = !at_end() && tokens_[next_].kind == TokenKind::kWord;
  PL_ASSIGN_OR_RETURN(const std::string first, ExpectName("a table"));
  if (!Accept(".")) return TargetTable{first, first};
  const bool quoted = !at_end() && tokens_[next_].kind == TokenKind::kQuoted;
  PL_ASSIGN_OR_RETURN(std::string second, ExpectName("a table"));
  if (bare && quoted && LowerCase(first) == "delta") return TargetTable{PlaceText(second), "target"};
  return TargetTable{first + "." + second, second};
}

Result<std::string> ChangeCursor::ExpectSource(std::string* alias) {
  *alias = "source";
  const size_t first = next_;
  const auto skip_bracket = [&] {
    const int depth = DepthOf(next_);
    do {
      ++next_;
    } while (DepthOf(next_) > depth);
    ++next_;
  };
  if (Is("(")) {
    skip_bracket();
    return TextOf(first, next_);
  }
  if (!at_end() && tokens_[next_].kind == TokenKind::kText) {
    ++next_;
    return TextOf(first, next_);
  }
  PL_ASSIGN_OR_RETURN(const TargetTable table, ExpectTable());
  if (Is("(")) {
    skip_bracket();
    return TextOf(first, next_);
  }
  *alias = table.alias == "target" ? "source" : table.alias;
  const bool by_place = LowerCase(tokens_[first].text) == "delta" &&
                        tokens_[first].kind == TokenKind::kWord &&
                        tokens_[next_ - 1].kind == TokenKind::kQuoted && next_ - first == 3;
  return by_place ? "delta_scan(" + SqlLiteral(table.uri) + ")" : TextOf(first, next_);
}

Result<std::string> ChangeCursor::ExpectExpression(const std::vector<std::string>& stops) {
  const size_t first = next_;
  if (at_end()) return Unexpected("an expression");
  const int depth = DepthOf(next_);
  int cases = 0;
  for (; !at_end(); ++next_) {
    const SqlToken& token = tokens_[next_];
    if (DepthOf(next_) < depth) break;
    if (DepthOf(next_) > depth) continue;
    // A column may be named like a keyword: t.end, and IS DISTINCT FROM begins no query.
    if (next_ > first && IsAt(tokens_[next_ - 1], ".")) continue;
    if (next_ > first && Is("from") && IsAt(tokens_[next_ - 1], "distinct")) continue;
    if (cases == 0 && IsOneOf(stops)) break;
    if (IsAt(token, "case")) ++cases;
    if (IsAt(token, "end") && cases > 0) --cases;
  }
  if (next_ == first) return Unexpected("an expression");
  return TextOf(first, next_);
}

// The SQL of the tokens [first, last), with `names` in DuckDB's quotes and without comments.
std::string ChangeCursor::TextOf(size_t first, size_t last) const {
  std::string out;
  for (size_t i = first; i < last; ++i) {
    const SqlToken& token = tokens_[i];
    if (i > first && token.begin > tokens_[i - 1].end) out += ' ';
    const bool backticks = token.kind == TokenKind::kQuoted && sql_[token.begin] == '`';
    out += backticks ? SqlName(token.text) : sql_.substr(token.begin, token.end - token.begin);
  }
  return out;
}

}  // namespace pixlake::query
