// SQL text as tokens: what statements of our own are recognised and read by.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pixlake::query {

enum class TokenKind {
  kWord,    // a name or keyword, as it was written
  kQuoted,  // "name" or `name`: the text inside
  kText,    // 'literal', E'escaped\\n', $$dollar quoted$$: the text that is meant
  kBytes,   // X'00ff': the digits inside
  kNumber,
  kSymbol,  // one character of punctuation
};

struct SqlToken {
  TokenKind kind = TokenKind::kSymbol;
  std::string text;  // without quotes, doubled ones undone
  size_t begin = 0;  // in the SQL text
  size_t end = 0;

  bool IsWord(std::string_view upper_case) const;
  bool IsSymbol(char symbol) const;
};

// A word or a quoted name.
bool IsNameToken(const SqlToken& token);

// What names and expressions mean where statements are run.
struct SqlNames {
  std::vector<std::string> formats;  // of tables, by which a place may be named: delta.`uri`
  // The value of an expression of constants, as text; may be empty: there are no expressions.
  std::function<Result<std::string>(const std::string&)> evaluate;
};

// One statement of a text that may have several.
struct SqlStatement {
  std::string text;  // as it was typed, without the semicolon
  std::vector<SqlToken> tokens;
  size_t begin = 0;  // in the text that has several
  std::shared_ptr<const SqlNames> names = nullptr;
};

// Splits at semicolons and into tokens; comments and blank statements are left out. Text
// in dollar quotes is one token. kUsage for a quote or comment that does not end, and for
// digits of X'…' that are not hexadecimal.
Result<std::vector<SqlStatement>> SplitStatements(std::string_view sql,
                                                  std::shared_ptr<const SqlNames> names = nullptr);

}  // namespace pixlake::query
