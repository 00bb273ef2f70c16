// Statements that change a table, as values. Expressions stay the text they were: DuckDB
// reads them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {

// A table by its name in the lake (raw.images) or its place (delta.`uri`, 'uri').
struct TargetTable {
  std::string uri;    // "raw.images" or the place
  std::string alias;  // how expressions name it; never empty
};

struct Assignment {
  std::vector<std::string> column;  // leads through structs
  std::string expression;
};

struct DeleteStatement {
  TargetTable target;
  std::string where;  // empty: all rows
};

struct UpdateStatement {
  TargetTable target;
  std::vector<Assignment> set;
  std::string where;
};

struct MergeClause {
  enum class When { kMatched, kNotMatched, kNotMatchedBySource };
  enum class Then { kUpdate, kDelete, kInsert };
  When when = When::kMatched;
  Then then = Then::kUpdate;
  std::string condition;  // empty: none
  bool star = false;      // UPDATE SET *, INSERT *: every column of the source by its name
  std::vector<Assignment> set;
};

struct MergeStatement {
  TargetTable target;
  std::string source;  // what stands after FROM, without alias
  std::string source_alias;
  std::string on;
  std::vector<MergeClause> clauses;
  bool schema_evolution = false;
};

struct InsertStatement {
  enum class Mode { kAppend, kOverwrite, kReplaceWhere };
  TargetTable target;
  Mode mode = Mode::kAppend;
  std::string replace_where;
  std::vector<std::string> columns;  // empty: all, in the table's order
  bool by_name = false;
  std::string query;
};

struct TruncateStatement {
  TargetTable target;
};

using ChangeStatement =
    std::variant<DeleteStatement, UpdateStatement, MergeStatement, InsertStatement, TruncateStatement>;

// nullopt: another kind of statement, DuckDB's to judge. kUsage, naming the place, when it
// begins as one of these and is none.
Result<std::optional<ChangeStatement>> ParseChange(const SqlStatement& statement);

}  // namespace pixlake::query
