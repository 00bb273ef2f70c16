// Reads a statement of our own from left to right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/text/sql_tokens.h"
#include "query/text/table_mention.h"
#include "table/table_reference.h"

namespace pixlake::query {

// A table that a statement changes.
struct TargetTable {
  std::string uri;    // its name in the lake (raw.images) or its place
  std::string alias;  // how expressions name it; never empty
};

// Words match in any case and are given in capitals, symbols as they are. What is expected and
// not there is kUsage, with the place in the text.
class SqlCursor {
 public:
  explicit SqlCursor(const SqlStatement& statement);

  bool AtEnd() const { return next_ >= statement_.tokens.size(); }
  const SqlToken* Peek(size_t ahead = 0) const;
  // A word or a symbol stands there, or `ahead` of there.
  bool Is(std::string_view word, size_t ahead = 0) const;
  bool IsOneOf(const std::vector<std::string_view>& words, size_t ahead = 0) const;
  bool IsName() const { return !AtEnd() && IsNameToken(*Peek()); }

  // Takes whatever stands there; null at the end.
  const SqlToken* Take() { return AtEnd() ? nullptr : &statement_.tokens[next_++]; }
  // Takes all of the words ("ZORDER BY") or none.
  bool TakeWords(std::string_view words);
  bool TakeSymbol(char symbol);
  // kUsage says what was expected and what stands there.
  Status Expect(std::string_view words);
  Status ExpectSymbol(char symbol);
  Status ExpectEnd() const;
  Result<int64_t> TakeInteger(std::string_view what);
  Result<double> TakeNumber(std::string_view what);
  Result<std::string> TakeText(std::string_view what);
  // A name: a word or a quoted name.
  Result<std::string> TakeName(std::string_view what);
  // (a, b), brackets and all.
  Result<std::vector<std::string>> TakeNames();
  // A table as users name it: zone.name, delta.`uri` (the uri), 'uri'; see PlaceText.
  Result<std::string> TakeTable();
  Result<TargetTable> TakeTarget();
  // True where the next table would be named by its place.
  bool IsPlace() const;
  // "VERSION AS OF 3" or "TIMESTAMP AS OF '2026-11-21'"; nothing is set where neither stands.
  Result<table::VersionSpec> TakeVersion();
  // A table, and of which version where that is said.
  Result<table::TableReference> TakeReference();
  // What MERGE takes rows from, as DuckDB takes it after FROM: (query), function(…) or a table.
  Result<std::string> TakeSource(std::string* alias);

  // The text from here to the next of `words` outside brackets and CASE, or to the end. A comma
  // (where `words` has one) or the bracket around ends it too.
  std::string TakeUntil(const std::vector<std::string_view>& words);
  // The same, never empty.
  Result<std::string> TakeExpression(const std::vector<std::string_view>& stops);
  // "( … )": the text within.
  Result<std::string> TakeBracketed(std::string_view what);
  // kUsage saying that something else was expected here, and pointing there.
  Status Unexpected(std::string_view expected) const;
  // kUsage with `message`, pointing here.
  Status Refuse(std::string_view message, ErrorCode code = ErrorCode::kUsage) const;

  size_t position() const { return next_; }
  void Return(size_t position) { next_ = position; }
  // The text between two positions.
  std::string TextBetween(size_t first, size_t end) const;
  const SqlStatement& statement() const { return statement_; }

 private:
  const std::vector<std::string>& formats() const;
  void SkipBracket();
  Result<int64_t> TimeOf(const std::string& expression) const;

  const SqlStatement& statement_;
  const std::vector<bool> end_names_;
  size_t next_ = 0;
};

}  // namespace pixlake::query
