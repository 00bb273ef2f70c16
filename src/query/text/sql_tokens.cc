#include "query/text/sql_tokens.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "query/text/edited_text.h"

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
                 fmt::format("{} does not end\n\n{}", what, EditedText(std::string(sql_)).Quote(begin)));
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

Status CheckDigits(const SqlToken& token) {
  const auto wrong = token.text.find_first_not_of("0123456789abcdefABCDEF");
  if (wrong == std::string::npos) return Status::OK();
  return Error(ErrorCode::kUsage, fmt::format("X'{}' has `{}` where a hexadecimal digit was expected",
                                              token.text, token.text[wrong]));
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

Result<std::vector<SqlStatement>> SplitStatements(std::string_view sql,
                                                  std::shared_ptr<const SqlNames> names) {
  std::vector<SqlStatement> out;
  Lexer lexer(sql);
  std::vector<SqlToken> tokens;
  const auto close = [&] {
    if (tokens.empty()) return;
    SqlStatement statement;
    const size_t begin = tokens.front().begin;
    statement.begin = begin;
    statement.text = sql.substr(begin, tokens.back().end - begin);
    for (SqlToken& token : tokens) {
      token.begin -= begin;
      token.end -= begin;
    }
    statement.tokens = std::move(tokens);
    statement.names = names;
    tokens.clear();
    out.push_back(std::move(statement));
  };
  while (true) {
    PL_ASSIGN_OR_RETURN(std::optional<SqlToken> token, lexer.Next());
    if (!token) break;
    if (token->kind == TokenKind::kBytes) PL_RETURN_NOT_OK(CheckDigits(*token));
    if (token->IsSymbol(';')) {
      close();
    } else {
      tokens.push_back(*std::move(token));
    }
  }
  close();
  return out;
}

bool IsNameToken(const SqlToken& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted;
}

}  // namespace pixlake::query
