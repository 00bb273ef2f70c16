// Statements that change a table, as values. Expressions stay the text they were: DuckDB
// reads them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "query/text/sql_cursor.h"

namespace pixlake::query {

struct Assignment {
  std::vector<std::string> column;  // leads through structs; empty: the next one of the table
  std::string expression;
};

// `with`: "WITH a AS (…)", for the expressions and what stands after FROM; empty: none.
// `from`: other tables that the condition is about (UPDATE … FROM, DELETE … USING); empty: none.
struct DeleteStatement {
  TargetTable target;
  std::string where;  // empty: all rows
  std::string with = {};
  std::string from = {};
};

struct UpdateStatement {
  TargetTable target;
  std::vector<Assignment> set;
  std::string where;
  std::string with = {};
  std::string from = {};
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
  std::string with = {};
};

struct InsertStatement {
  enum class Mode { kAppend, kOverwrite, kReplaceWhere };
  TargetTable target;
  Mode mode = Mode::kAppend;
  std::string replace_where;
  std::vector<std::string> columns;  // empty: all, in the table's order
  bool by_name = false;
  std::string query;
  // PARTITION (a = 'x', b): what has no expression comes last of the query's columns.
  std::vector<Assignment> partition = {};
  // Rows of a partition lie together in the query's result, or nearly: they are not sorted, which takes all
  // of them at once.
  bool as_it_comes = false;
  // Rows that come behind those of `query`, of its columns: one query after the other, so that what each
  // holds in memory is gone before the next.
  std::vector<std::string> more_queries = {};
  // The query's rows, where one of them has a DEFAULT for a value.
  std::vector<std::vector<std::string>> value_rows = {};
};

struct TruncateStatement {
  TargetTable target;
};

using ChangeStatement =
    std::variant<DeleteStatement, UpdateStatement, MergeStatement, InsertStatement, TruncateStatement>;

// The word DEFAULT and nothing else.
bool IsDefault(const std::string& expression);

// nullopt: another kind of statement, DuckDB's to judge. kUsage, naming the place, when it
// begins as one of these and is none.
Result<std::optional<ChangeStatement>> ParseChange(const SqlStatement& statement);

}  // namespace pixlake::query
