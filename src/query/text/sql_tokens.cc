#include "query/text/sql_tokens.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"

namespace pixlake::query {
namespace {

bool IsWordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool IsWordPart(char c) {
  return IsWordStart(c) || IsDigit(c) || c == '$';
}

bool IsBlank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  // nullopt at the end.
  Result<std::optional<SqlToken>> Next() {
    PL_RETURN_NOT_OK(SkipBlanks());
    if (at_ >= sql_.size()) return std::optional<SqlToken>();
    SqlToken token;
    token.begin = at_;
    PL_RETURN_NOT_OK(Read(&token));
    token.end = at_;
    return std::optional(std::move(token));
  }

 private:
  char Char(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  Status Unended(std::string_view what, size_t begin) const {
    return Error(ErrorCode::kUsage,
                 fmt::format("{} that begins at character {} does not end", what, begin + 1));
  }

  // Blanks, "-- comments", "/* comments */" that nest as in SQL.
  Status SkipBlanks() {
    while (at_ < sql_.size()) {
      if (IsBlank(Char())) {
        ++at_;
      } else if (Char() == '-' && Char(1) == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (Char() == '/' && Char(1) == '*') {
        PL_RETURN_NOT_OK(SkipComment());
      } else {
        break;
      }
    }
    return Status::OK();
  }

  Status SkipComment() {
    const size_t begin = at_;
    int depth = 0;
    do {
      if (at_ >= sql_.size()) return Unended("a comment", begin);
      if (Char() == '/' && Char(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (Char() == '*' && Char(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
    return Status::OK();
  }

  Status Read(SqlToken* token) {
    const char c = Char();
    if (c == '\'') return ReadQuoted(c, TokenKind::kText, token);
    if ((c == 'x' || c == 'X') && Char(1) == '\'') {
      ++at_;
      return ReadQuoted('\'', TokenKind::kBytes, token);
    }
    if ((c == 'e' || c == 'E') && Char(1) == '\'') return ReadEscaped(token);
    if (c == '"' || c == '`') return ReadQuoted(c, TokenKind::kQuoted, token);
    if (c == '$' && (Char(1) == '$' || IsWordStart(Char(1)))) return ReadDollarQuoted(token);
    if (IsWordStart(c)) {
      while (at_ < sql_.size() && IsWordPart(Char())) ++at_;
      token->kind = TokenKind::kWord;
    } else if (IsDigit(c) || (c == '.' && IsDigit(Char(1)))) {
      while (IsDigit(Char()) || Char() == '.' || Char() == '_') ++at_;
      token->kind = TokenKind::kNumber;
    } else {
      ++at_;
      token->kind = TokenKind::kSymbol;
    }
    token->text = sql_.substr(token->begin, at_ - token->begin);
    return Status::OK();
  }

  Status ReadQuoted(char quote, TokenKind kind, SqlToken* token) {
    token->kind = kind;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (Char() != quote) {
        token->text += Char();
      } else if (Char(1) == quote) {
        token->text += quote;
        ++at_;
      } else {
        ++at_;
        return Status::OK();
      }
    }
    return Unended("quoted text", token->begin);
  }

  // E'…' as DuckDB (PostgreSQL) has it: a backslash makes the quote behind it text.
  Status ReadEscaped(SqlToken* token) {
    token->kind = TokenKind::kText;
    for (at_ += 2; at_ < sql_.size(); ++at_) {
      if (Char() == '\\' && at_ + 1 < sql_.size()) {
        ++at_;
        token->text += Unescaped(Char());
      } else if (Char() != '\'') {
        token->text += Char();
      } else if (Char(1) == '\'') {
        token->text += '\'';
        ++at_;
      } else {
        ++at_;
        return Status::OK();
      }
    }
    return Unended("quoted text", token->begin);
  }

  static char Unescaped(char c) {
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      default:
        return c;
    }
  }

  // "$tag$text$tag$"; a lone "$1" is a parameter, which is left to whoever runs it.
  Status ReadDollarQuoted(SqlToken* token) {
    size_t tag = at_ + 1;
    while (tag < sql_.size() && sql_[tag] != '$' && IsWordPart(sql_[tag])) ++tag;
    if (tag >= sql_.size() || sql_[tag] != '$') {
      ++at_;
      token->text = "$";
      return Status::OK();
    }
    const std::string_view mark = sql_.substr(at_, tag + 1 - at_);
    const size_t end = sql_.find(mark, tag + 1);
    if (end == std::string_view::npos) return Unended("dollar-quoted text", token->begin);
    token->kind = TokenKind::kText;
    token->text = sql_.substr(tag + 1, end - tag - 1);
    at_ = end + mark.size();
    return Status::OK();
  }

  const std::string_view sql_;
  size_t at_ = 0;
};

// "'\\x00\\xff'::BLOB" for the digits "00ff"; an odd one has a nought in front, as in Spark.
Result<std::string> BlobLiteral(const SqlToken& token) {
  std::string digits = (token.text.size() % 2 == 1 ? "0" : "") + token.text;
  const auto wrong = digits.find_first_not_of("0123456789abcdefABCDEF");
  if (wrong != std::string::npos) {
    return Error(ErrorCode::kUsage, fmt::format("X'{}' has `{}` where a hexadecimal digit was expected",
                                                token.text, digits[wrong]));
  }
  std::string out = "'";
  for (size_t i = 0; i < digits.size(); i += 2) out += "\\x" + digits.substr(i, 2);
  return out + "'::BLOB";
}

}  // namespace

bool SqlToken::IsWord(std::string_view upper_case) const {
  return kind == TokenKind::kWord &&
         std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(), [](char a, char b) {
           return std::toupper(static_cast<unsigned char>(a)) == std::toupper(static_cast<unsigned char>(b));
         });
}

bool SqlToken::IsSymbol(char symbol) const {
  return kind == TokenKind::kSymbol && text.size() == 1 && text[0] == symbol;
}

Result<std::vector<SqlStatement>> SplitStatements(std::string_view sql) {
  std::vector<SqlStatement> out;
  Lexer lexer(sql);
  std::vector<SqlToken> tokens;
  const auto close = [&] {
    if (tokens.empty()) return;
    SqlStatement statement;
    const size_t begin = tokens.front().begin;
    statement.text = sql.substr(begin, tokens.back().end - begin);
    for (SqlToken& token : tokens) {
      token.begin -= begin;
      token.end -= begin;
    }
    statement.tokens = std::move(tokens);
    tokens.clear();
    out.push_back(std::move(statement));
  };
  std::string plain;  // `sql` up to `copied`, with blobs for X'…'
  size_t copied = 0;
  while (true) {
    PL_ASSIGN_OR_RETURN(std::optional<SqlToken> token, lexer.Next());
    if (!token) break;
    if (token->kind == TokenKind::kBytes) {
      PL_ASSIGN_OR_RETURN(const std::string blob, BlobLiteral(*token));
      plain.append(sql.substr(copied, token->begin - copied)).append(blob);
      copied = token->end;
    } else if (token->IsSymbol(';')) {
      close();
    } else {
      tokens.push_back(*std::move(token));
    }
  }
  if (copied > 0) return SplitStatements(plain.append(sql.substr(copied)));
  close();
  return out;
}

const SqlToken* SqlCursor::Peek(size_t ahead) const {
  return next_ + ahead < statement_.tokens.size() ? &statement_.tokens[next_ + ahead] : nullptr;
}

bool SqlCursor::TakeWords(std::string_view words) {
  size_t taken = 0;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const SqlToken* token = Peek(taken);
    if (token == nullptr || !token->IsWord(words.substr(begin, end - begin))) return false;
    ++taken;
    begin = end + 1;
  }
  next_ += taken;
  return true;
}

bool SqlCursor::TakeSymbol(char symbol) {
  const SqlToken* token = Peek();
  if (token == nullptr || !token->IsSymbol(symbol)) return false;
  ++next_;
  return true;
}

Status SqlCursor::Unexpected(std::string_view expected) const {
  const SqlToken* token = Peek();
  const std::string found =
      token == nullptr ? "the statement ends" : fmt::format("there is `{}`", token->text);
  return Error(ErrorCode::kUsage,
               fmt::format("in `{}`: expected {}, but {}", statement_.text, expected, found));
}

Status SqlCursor::Expect(std::string_view words) {
  return TakeWords(words) ? Status::OK() : Unexpected(words);
}

Status SqlCursor::ExpectEnd() const {
  return AtEnd() ? Status::OK() : Unexpected("the statement to end");
}

Result<int64_t> SqlCursor::TakeInteger(std::string_view what) {
  const SqlToken* token = Peek();
  int64_t value = 0;
  if (token != nullptr && token->kind == TokenKind::kNumber) {
    const char* end = token->text.data() + token->text.size();
    const auto [stop, error] = std::from_chars(token->text.data(), end, value);
    if (error == std::errc() && stop == end) {
      ++next_;
      return value;
    }
  }
  return Unexpected(what);
}

Result<double> SqlCursor::TakeNumber(std::string_view what) {
  const SqlToken* token = Peek();
  double value = 0;
  if (token != nullptr && token->kind == TokenKind::kNumber) {
    const char* end = token->text.data() + token->text.size();
    const auto [stop, error] = std::from_chars(token->text.data(), end, value);
    if (error == std::errc() && stop == end) {
      ++next_;
      return value;
    }
  }
  return Unexpected(what);
}

Result<std::string> SqlCursor::TakeText(std::string_view what) {
  const SqlToken* token = Peek();
  if (token == nullptr || token->kind != TokenKind::kText) return Unexpected(what);
  ++next_;
  return token->text;
}

Result<std::string> SqlCursor::TakeName(std::string_view what) {
  const SqlToken* token = Peek();
  if (token == nullptr || (token->kind != TokenKind::kWord && token->kind != TokenKind::kQuoted)) {
    return Unexpected(what);
  }
  ++next_;
  return token->text;
}

Result<std::string> SqlCursor::TakeTable() {
  constexpr std::string_view kWhat = "a table: its name in the lake, delta.`path` or 'path'";
  const SqlToken* token = Peek();
  if (token != nullptr && token->kind == TokenKind::kText) {
    ++next_;
    return PlaceText(token->text);
  }
  PL_ASSIGN_OR_RETURN(std::string first, TakeName(kWhat));
  if (!TakeSymbol('.')) return first;
  const bool format = token->IsWord("DELTA") && Peek() != nullptr && Peek()->kind == TokenKind::kQuoted;
  PL_ASSIGN_OR_RETURN(const std::string second, TakeName("a name behind the dot"));
  return format ? PlaceText(second) : first + "." + second;
}

Result<table::VersionSpec> SqlCursor::TakeVersion() {
  table::VersionSpec version;
  if (TakeWords("VERSION AS OF")) {
    PL_ASSIGN_OR_RETURN(version.version, TakeInteger("a version"));
  } else if (TakeWords("TIMESTAMP AS OF")) {
    PL_ASSIGN_OR_RETURN(const std::string text, TakeText("a time, such as '2026-11-21 12:00:00'"));
    PL_ASSIGN_OR_RETURN(version.as_of_ms, ParseTimestamp(text));
  }
  return version;
}

Result<table::TableReference> SqlCursor::TakeReference() {
  table::TableReference reference;
  PL_ASSIGN_OR_RETURN(reference.place, TakeTable());
  PL_ASSIGN_OR_RETURN(reference.version, TakeVersion());
  return reference;
}

std::string SqlCursor::TakeUntil(const std::vector<std::string_view>& words) {
  return TakeWhile(words, false);
}

std::string SqlCursor::TakeItem(const std::vector<std::string_view>& words) {
  return TakeWhile(words, true);
}

Result<std::string> SqlCursor::TakeBracketed(std::string_view what) {
  if (!TakeSymbol('(')) return Unexpected(what);
  const size_t first = next_;
  int depth = 1;
  for (; !AtEnd(); ++next_) {
    depth += Peek()->IsSymbol('(') ? 1 : Peek()->IsSymbol(')') ? -1 : 0;
    if (depth == 0) break;
  }
  if (AtEnd() || next_ == first) return Unexpected(what);
  const size_t begin = statement_.tokens[first].begin;
  std::string text = statement_.text.substr(begin, statement_.tokens[next_ - 1].end - begin);
  ++next_;
  return text;
}

std::string SqlCursor::TakeWhile(const std::vector<std::string_view>& words, bool item) {
  if (AtEnd()) return "";
  const size_t begin = Peek()->begin;
  size_t end = begin;
  int depth = 0;
  for (; !AtEnd(); ++next_) {
    const SqlToken& token = *Peek();
    if (item && depth == 0 && (token.IsSymbol(',') || token.IsSymbol(')'))) break;
    depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
    const bool stop = depth == 0 && std::any_of(words.begin(), words.end(),
                                                [&](std::string_view word) { return token.IsWord(word); });
    if (stop) break;
    end = token.end;
  }
  return statement_.text.substr(begin, end - begin);
}

std::string PlaceText(std::string place) {
  const bool like_a_name = !place.empty() && place.find_first_of("/.") == std::string::npos;
  return like_a_name ? "./" + place : place;
}

}  // namespace pixlake::query
