#include <fmt/format.h>

#include "query/change/change_statement.h"
#include "query/text/sql_cursor.h"
#include "query/text/token_roles.h"

namespace pixlake::query {
namespace {

using Words = std::vector<std::string_view>;

const Words kQueryStarts = {"SELECT", "VALUES", "WITH", "FROM", "TABLE"};
const Words kChangeStarts = {"DELETE", "UPDATE", "MERGE", "INSERT", "TRUNCATE"};

// [AS] alias, unless one of the words that may follow stands there.
Result<std::string> ParseAlias(SqlCursor* cursor, const Words& followers, const std::string& otherwise) {
  if (cursor->TakeWords("AS")) return cursor->TakeName("an alias");
  if (cursor->AtEnd() || cursor->IsOneOf(followers) || !cursor->IsName()) return otherwise;
  return cursor->TakeName("an alias");
}

Result<TargetTable> ParseTarget(SqlCursor* cursor, const Words& followers) {
  PL_ASSIGN_OR_RETURN(TargetTable target, cursor->TakeTarget());
  PL_ASSIGN_OR_RETURN(target.alias, ParseAlias(cursor, followers, target.alias));
  return target;
}

// a.b = expression, …: up to one of `ends`.
Result<std::vector<Assignment>> ParseAssignments(SqlCursor* cursor, Words ends) {
  ends.emplace_back(",");
  std::vector<Assignment> out;
  do {
    Assignment assignment;
    do {
      PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a column"));
      assignment.column.push_back(std::move(name));
    } while (cursor->TakeSymbol('.'));
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('='));
    PL_ASSIGN_OR_RETURN(assignment.expression, cursor->TakeExpression(ends));
    out.push_back(std::move(assignment));
  } while (cursor->TakeSymbol(','));
  return out;
}

Result<std::string> ParseWhere(SqlCursor* cursor) {
  if (!cursor->TakeWords("WHERE")) return std::string();
  return cursor->TakeExpression({"RETURNING"});
}

Result<ChangeStatement> ParseDelete(SqlCursor* cursor, const std::string& with) {
  DeleteStatement out;
  out.with = with;
  PL_RETURN_NOT_OK(cursor->Expect("FROM"));
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"WHERE", "USING", "RETURNING"}));
  if (cursor->TakeWords("USING")) {
    PL_ASSIGN_OR_RETURN(out.from, cursor->TakeExpression({"WHERE", "RETURNING"}));
  }
  PL_ASSIGN_OR_RETURN(out.where, ParseWhere(cursor));
  return out;
}

Result<ChangeStatement> ParseUpdate(SqlCursor* cursor, const std::string& with) {
  UpdateStatement out;
  out.with = with;
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"SET"}));
  PL_RETURN_NOT_OK(cursor->Expect("SET"));
  PL_ASSIGN_OR_RETURN(out.set, ParseAssignments(cursor, {"FROM", "WHERE", "RETURNING"}));
  if (cursor->TakeWords("FROM")) {
    PL_ASSIGN_OR_RETURN(out.from, cursor->TakeExpression({"WHERE", "RETURNING"}));
  }
  PL_ASSIGN_OR_RETURN(out.where, ParseWhere(cursor));
  return out;
}

// (x, y)
Result<std::vector<std::string>> ParseRow(SqlCursor* cursor) {
  std::vector<std::string> out;
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('('));
  do {
    PL_ASSIGN_OR_RETURN(std::string value, cursor->TakeExpression({","}));
    out.push_back(std::move(value));
  } while (cursor->TakeSymbol(','));
  PL_RETURN_NOT_OK(cursor->ExpectSymbol(')'));
  return out;
}

// [(a, b)] VALUES (x, y); without columns they are the table's, in its order.
Result<std::vector<Assignment>> ParseInsertValues(SqlCursor* cursor) {
  std::vector<std::string> columns;
  const bool named = !cursor->Is("VALUES");
  if (named) {
    PL_ASSIGN_OR_RETURN(columns, cursor->TakeNames());
  }
  PL_RETURN_NOT_OK(cursor->Expect("VALUES"));
  const SqlCursor row = *cursor;
  PL_ASSIGN_OR_RETURN(auto values, ParseRow(cursor));
  if (named && values.size() != columns.size()) {
    return row.Refuse(fmt::format("INSERT has {} values for {} columns", values.size(), columns.size()));
  }
  std::vector<Assignment> out;
  for (size_t i = 0; i < values.size(); ++i) {
    Assignment one;
    if (named) one.column = {columns[i]};
    one.expression = std::move(values[i]);
    out.push_back(std::move(one));
  }
  return out;
}

Status ParseThen(SqlCursor* cursor, MergeClause* clause) {
  if (cursor->TakeWords("DELETE")) {
    clause->then = MergeClause::Then::kDelete;
    return Status::OK();
  }
  if (cursor->TakeWords("UPDATE")) {
    PL_RETURN_NOT_OK(cursor->Expect("SET"));
    clause->star = cursor->TakeSymbol('*');
    if (!clause->star) {
      PL_ASSIGN_OR_RETURN(clause->set, ParseAssignments(cursor, {"WHEN", "RETURNING"}));
    }
    return Status::OK();
  }
  if (!cursor->TakeWords("INSERT")) return cursor->Unexpected("UPDATE SET, DELETE or INSERT");
  clause->then = MergeClause::Then::kInsert;
  clause->star = cursor->TakeSymbol('*');
  if (!clause->star) {
    PL_ASSIGN_OR_RETURN(clause->set, ParseInsertValues(cursor));
  }
  return Status::OK();
}

Result<MergeClause> ParseClause(SqlCursor* cursor) {
  MergeClause clause;
  const SqlCursor begin = *cursor;
  PL_RETURN_NOT_OK(cursor->Expect("WHEN"));
  if (cursor->TakeWords("NOT")) {
    clause.when = MergeClause::When::kNotMatched;
    PL_RETURN_NOT_OK(cursor->Expect("MATCHED"));
    if (cursor->TakeWords("BY") && !cursor->TakeWords("TARGET")) {
      PL_RETURN_NOT_OK(cursor->Expect("SOURCE"));
      clause.when = MergeClause::When::kNotMatchedBySource;
    }
  } else {
    PL_RETURN_NOT_OK(cursor->Expect("MATCHED"));
  }
  if (cursor->TakeWords("AND")) {
    PL_ASSIGN_OR_RETURN(clause.condition, cursor->TakeExpression({"THEN"}));
  }
  PL_RETURN_NOT_OK(cursor->Expect("THEN"));
  PL_RETURN_NOT_OK(ParseThen(cursor, &clause));
  const bool inserts = clause.then == MergeClause::Then::kInsert;
  if (inserts != (clause.when == MergeClause::When::kNotMatched)) {
    return begin.Refuse(inserts ? "MERGE can INSERT only WHEN NOT MATCHED"
                                : "WHEN NOT MATCHED there is no row of the table; MERGE can only INSERT");
  }
  if (clause.star && clause.when == MergeClause::When::kNotMatchedBySource) {
    return begin.Refuse("WHEN NOT MATCHED BY SOURCE there is no source row for UPDATE SET *");
  }
  return clause;
}

Result<ChangeStatement> ParseMerge(SqlCursor* cursor, const std::string& with) {
  MergeStatement out;
  out.with = with;
  if (cursor->TakeWords("WITH")) {
    PL_RETURN_NOT_OK(cursor->Expect("SCHEMA EVOLUTION"));
    out.schema_evolution = true;
  }
  PL_RETURN_NOT_OK(cursor->Expect("INTO"));
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"USING"}));
  PL_RETURN_NOT_OK(cursor->Expect("USING"));
  PL_ASSIGN_OR_RETURN(out.source, cursor->TakeSource(&out.source_alias));
  PL_ASSIGN_OR_RETURN(out.source_alias, ParseAlias(cursor, {"ON"}, out.source_alias));
  if (cursor->Is("(")) {
    PL_ASSIGN_OR_RETURN(const std::string columns, cursor->TakeBracketed("columns"));
    out.source = fmt::format("(SELECT * FROM {} AS __pixlake_named({}))", out.source, columns);
  }
  PL_RETURN_NOT_OK(cursor->Expect("ON"));
  PL_ASSIGN_OR_RETURN(out.on, cursor->TakeExpression({"WHEN", "RETURNING"}));
  while (!cursor->AtEnd() && !cursor->Is("RETURNING")) {
    PL_ASSIGN_OR_RETURN(MergeClause clause, ParseClause(cursor));
    out.clauses.push_back(std::move(clause));
  }
  if (out.clauses.empty()) return cursor->Refuse("MERGE says nothing to do: it has no WHEN clause");
  return out;
}

// PARTITION (a = 'x', b)
Status ParsePartition(SqlCursor* cursor, InsertStatement* out) {
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('('));
  do {
    Assignment one;
    PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a partition column"));
    one.column.push_back(std::move(name));
    if (cursor->TakeSymbol('=')) {
      PL_ASSIGN_OR_RETURN(one.expression, cursor->TakeExpression({","}));
    }
    out->partition.push_back(std::move(one));
  } while (cursor->TakeSymbol(','));
  return cursor->ExpectSymbol(')');
}

// VALUES (1, DEFAULT): the rows, where one has a DEFAULT; else nothing is taken.
void ParseDefaults(SqlCursor* cursor, InsertStatement* out) {
  const size_t begin = cursor->position();
  if (!cursor->TakeWords("VALUES")) return;
  bool defaults = false;
  do {
    auto row = ParseRow(cursor);
    if (!row.ok()) break;
    for (const std::string& value : *row) defaults |= IsDefault(value);
    out->value_rows.push_back(*std::move(row));
  } while (cursor->TakeSymbol(','));
  const bool all = cursor->AtEnd() || cursor->Is("RETURNING");
  if (!all || !defaults) out->value_rows.clear();
  cursor->Return(begin);
}

Result<ChangeStatement> ParseInsert(SqlCursor* cursor, const std::string& with) {
  InsertStatement out;
  if (cursor->TakeWords("OVERWRITE")) {
    out.mode = InsertStatement::Mode::kOverwrite;
    (void)cursor->TakeWords("INTO");
  } else {
    PL_RETURN_NOT_OK(cursor->Expect("INTO"));
  }
  (void)cursor->TakeWords("TABLE");
  PL_ASSIGN_OR_RETURN(out.target, cursor->TakeTarget());
  if (cursor->TakeWords("PARTITION")) PL_RETURN_NOT_OK(ParsePartition(cursor, &out));
  if (cursor->Is("(") && !cursor->IsOneOf(kQueryStarts, 1) && !cursor->Is("(", 1)) {
    PL_ASSIGN_OR_RETURN(out.columns, cursor->TakeNames());
  }
  if (cursor->TakeWords("BY")) {
    PL_RETURN_NOT_OK(cursor->Expect("NAME"));
    out.by_name = true;
  }
  if (cursor->TakeWords("REPLACE")) {
    PL_RETURN_NOT_OK(cursor->Expect("WHERE"));
    if (out.mode == InsertStatement::Mode::kOverwrite) {
      return cursor->Refuse("say INSERT INTO … REPLACE WHERE, without OVERWRITE");
    }
    out.mode = InsertStatement::Mode::kReplaceWhere;
    PL_ASSIGN_OR_RETURN(out.replace_where, cursor->TakeExpression(kQueryStarts));
  }
  if (!cursor->IsOneOf(kQueryStarts) && !cursor->Is("(")) {
    return cursor->Unexpected("SELECT, VALUES or another query");
  }
  ParseDefaults(cursor, &out);
  PL_ASSIGN_OR_RETURN(out.query, cursor->TakeExpression({"RETURNING"}));
  if (!with.empty()) out.query = fmt::format("{} SELECT * FROM ({})", with, out.query);
  return out;
}

Result<ChangeStatement> ParseStatement(SqlCursor* cursor, const std::string& with) {
  if (cursor->TakeWords("DELETE")) return ParseDelete(cursor, with);
  if (cursor->TakeWords("UPDATE")) return ParseUpdate(cursor, with);
  if (cursor->TakeWords("MERGE")) return ParseMerge(cursor, with);
  if (cursor->TakeWords("INSERT")) return ParseInsert(cursor, with);
  PL_RETURN_NOT_OK(cursor->Expect("TRUNCATE"));
  (void)cursor->TakeWords("TABLE");
  TruncateStatement out;
  PL_ASSIGN_OR_RETURN(out.target, cursor->TakeTarget());
  return out;
}

// "WITH …" in front of a change; empty: there is none, and nothing was taken.
std::string TakeWith(SqlCursor* cursor) {
  const size_t begin = cursor->position();
  if (!cursor->Is("WITH")) return {};
  Words ends = kChangeStarts;
  ends.insert(ends.end(), {"SELECT", "FROM", "VALUES"});
  std::string with = cursor->TakeUntil(ends);
  if (cursor->IsOneOf(kChangeStarts)) return with;
  cursor->Return(begin);
  return {};
}

}  // namespace

bool IsDefault(const std::string& expression) {
  const auto statements = SplitStatements(expression);
  return statements.ok() && statements->size() == 1 && (*statements)[0].tokens.size() == 1 &&
         (*statements)[0].tokens[0].IsWord("DEFAULT");
}

Result<std::optional<ChangeStatement>> ParseChange(const SqlStatement& statement) {
  SqlCursor cursor(statement);
  const std::string with = TakeWith(&cursor);
  if (!cursor.IsOneOf(kChangeStarts)) return std::nullopt;
  PL_RETURN_NOT_OK(BracketDepths(statement).status());
  PL_ASSIGN_OR_RETURN(ChangeStatement out, ParseStatement(&cursor, with));
  if (cursor.Is("RETURNING")) {
    return cursor.Refuse(
        "RETURNING is not there for tables; the answer says how many rows were changed, and "
        "table_changes('table', version) which, where delta.enableChangeDataFeed is on",
        ErrorCode::kUnsupported);
  }
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  return out;
}

}  // namespace pixlake::query
