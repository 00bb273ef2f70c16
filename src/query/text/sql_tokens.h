// SQL text as tokens: what statements of our own are recognised and read by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/table_reference.h"

namespace pixlake::query {

enum class TokenKind {
  kWord,    // a name or keyword, as it was written
  kQuoted,  // "name" or `name`: the text inside
  kText,    // 'literal', E'escaped\\n', $$dollar quoted$$: the text that is meant
  kBytes,   // X'00ff': the digits inside; SplitStatements leaves none
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

// One statement of a text that may have several.
struct SqlStatement {
  std::string text;  // without the semicolon
  std::vector<SqlToken> tokens;
};

// Splits at semicolons and into tokens; comments and blank statements are left out. Text
// in dollar quotes is one token. X'00ff' (SQL's and Spark's bytes, which DuckDB reads as
// text) becomes '\\x00\\xff'::BLOB in text and tokens alike. kUsage for a quote or comment
// that does not end, and for digits that are not hexadecimal.
Result<std::vector<SqlStatement>> SplitStatements(std::string_view sql);

// Reads a statement from left to right. Words match in any case.
class SqlCursor {
 public:
  explicit SqlCursor(const SqlStatement& statement) : statement_(statement) {}

  bool AtEnd() const { return next_ >= statement_.tokens.size(); }
  const SqlToken* Peek(size_t ahead = 0) const;
  // Takes whatever stands there; null at the end.
  const SqlToken* Take() { return AtEnd() ? nullptr : &statement_.tokens[next_++]; }
  // Takes all of the words ("ZORDER BY") or none.
  bool TakeWords(std::string_view words);
  bool TakeSymbol(char symbol);
  // kUsage says what was expected and what stands there.
  Status Expect(std::string_view words);
  Status ExpectEnd() const;
  Result<int64_t> TakeInteger(std::string_view what);
  Result<double> TakeNumber(std::string_view what);
  Result<std::string> TakeText(std::string_view what);
  // A name: a word or a quoted name.
  Result<std::string> TakeName(std::string_view what);
  // A table as users name it: zone.name, delta.`uri` (the uri), 'uri'; see PlaceText.
  Result<std::string> TakeTable();
  // "VERSION AS OF 3" or "TIMESTAMP AS OF '2026-11-21'"; nothing is set where neither stands.
  Result<table::VersionSpec> TakeVersion();
  // A table, and of which version where that is said.
  Result<table::TableReference> TakeReference();
  // The text from here to the next of `words` at parenthesis depth 0, or to the end.
  std::string TakeUntil(const std::vector<std::string_view>& words);
  // The same, and no further than a comma or the bracket that closes what is around.
  std::string TakeItem(const std::vector<std::string_view>& words);
  // "( … )": the text within.
  Result<std::string> TakeBracketed(std::string_view what);
  // kUsage saying that something else was expected here.
  Status Unexpected(std::string_view expected) const;

 private:
  std::string TakeWhile(const std::vector<std::string_view>& stops, bool item);

  const SqlStatement& statement_;
  size_t next_ = 0;
};

// A place that would look like a name, as one that does not: "./shots" for "shots".
std::string PlaceText(std::string place);

}  // namespace pixlake::query
