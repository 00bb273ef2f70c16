// Walks over one statement, knowing how deep in brackets it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/change/change_statement.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {

// Keywords are given in lower case. What is "expected" and not there is kUsage, saying
// what stands where.
class ChangeCursor {
 public:
  static Result<ChangeCursor> Make(const SqlStatement& statement);

  bool at_end() const { return next_ == tokens_.size(); }
  bool Is(std::string_view word) const;
  bool IsOneOf(const std::vector<std::string>& words) const;
  bool NextIsOneOf(const std::vector<std::string>& words) const;
  bool IsName() const;

  // Takes the keyword or symbol if it stands there.
  bool Accept(std::string_view word);
  Status Expect(std::string_view word);
  Result<std::string> ExpectName(std::string_view what);
  Result<std::string> ExpectText(std::string_view what);
  // (a, b)
  Result<std::vector<std::string>> ExpectNameList();
  // zone.name, delta.`uri`, 'uri' or a name; its alias is the last part.
  Result<TargetTable> ExpectTable();
  // (query), zone.name, delta.`uri` or function(…), as DuckDB takes it after FROM.
  Result<std::string> ExpectSource(std::string* alias);
  // Everything up to one of `stops` outside brackets and CASE … END; none: to the end.
  // `names` become "names".
  Result<std::string> ExpectExpression(const std::vector<std::string>& stops);

  Status Unexpected(std::string_view expected) const;

 private:
  static bool IsAt(const SqlToken& token, std::string_view word);
  int DepthOf(size_t token) const { return depths_[token]; }
  std::string TextOf(size_t first, size_t last) const;

  std::string sql_;
  std::vector<SqlToken> tokens_;
  std::vector<int> depths_;  // of brackets around a token; a bracket itself has the depth outside
  size_t next_ = 0;
};

}  // namespace pixlake::query
