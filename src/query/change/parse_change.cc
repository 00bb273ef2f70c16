#include <fmt/format.h>

#include "query/change/change_cursor_internal.h"
#include "query/change/change_statement.h"

namespace pixlake::query {
namespace {

const std::vector<std::string> kQueryStarts = {"select", "values", "with", "from", "table"};

// [AS] alias, unless one of the words that may follow stands there.
Result<std::string> ParseAlias(ChangeCursor* cursor, const std::vector<std::string>& followers,
                               const std::string& otherwise) {
  if (cursor->Accept("as")) return cursor->ExpectName("an alias");
  if (cursor->at_end() || cursor->IsOneOf(followers) || !cursor->IsName()) return otherwise;
  return cursor->ExpectName("an alias");
}

Result<TargetTable> ParseTarget(ChangeCursor* cursor, const std::vector<std::string>& followers) {
  PL_ASSIGN_OR_RETURN(TargetTable target, cursor->ExpectTable());
  PL_ASSIGN_OR_RETURN(target.alias, ParseAlias(cursor, followers, target.alias));
  return target;
}

// a.b = expression, …: up to one of `ends`.
Result<std::vector<Assignment>> ParseAssignments(ChangeCursor* cursor, const std::vector<std::string>& ends) {
  std::vector<Assignment> out;
  do {
    Assignment assignment;
    do {
      PL_ASSIGN_OR_RETURN(std::string name, cursor->ExpectName("a column"));
      assignment.column.push_back(std::move(name));
    } while (cursor->Accept("."));
    PL_RETURN_NOT_OK(cursor->Expect("="));
    std::vector<std::string> stops = ends;
    stops.emplace_back(",");
    PL_ASSIGN_OR_RETURN(assignment.expression, cursor->ExpectExpression(stops));
    out.push_back(std::move(assignment));
  } while (cursor->Accept(","));
  return out;
}

Result<std::string> ParseWhere(ChangeCursor* cursor) {
  if (!cursor->Accept("where")) return std::string();
  return cursor->ExpectExpression({});
}

Result<ChangeStatement> ParseDelete(ChangeCursor* cursor) {
  DeleteStatement out;
  PL_RETURN_NOT_OK(cursor->Expect("from"));
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"where"}));
  PL_ASSIGN_OR_RETURN(out.where, ParseWhere(cursor));
  return out;
}

Result<ChangeStatement> ParseUpdate(ChangeCursor* cursor) {
  UpdateStatement out;
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"set"}));
  PL_RETURN_NOT_OK(cursor->Expect("set"));
  PL_ASSIGN_OR_RETURN(out.set, ParseAssignments(cursor, {"where"}));
  PL_ASSIGN_OR_RETURN(out.where, ParseWhere(cursor));
  return out;
}

// (a, b) VALUES (x, y)
Result<std::vector<Assignment>> ParseInsertValues(ChangeCursor* cursor) {
  PL_ASSIGN_OR_RETURN(const auto columns, cursor->ExpectNameList());
  PL_RETURN_NOT_OK(cursor->Expect("values"));
  PL_RETURN_NOT_OK(cursor->Expect("("));
  std::vector<Assignment> out;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) PL_RETURN_NOT_OK(cursor->Expect(","));
    PL_ASSIGN_OR_RETURN(std::string expression, cursor->ExpectExpression({",", ")"}));
    out.push_back({{columns[i]}, std::move(expression)});
  }
  PL_RETURN_NOT_OK(cursor->Expect(")"));
  return out;
}

Status ParseThen(ChangeCursor* cursor, MergeClause* clause) {
  if (cursor->Accept("delete")) {
    clause->then = MergeClause::Then::kDelete;
    return Status::OK();
  }
  if (cursor->Accept("update")) {
    PL_RETURN_NOT_OK(cursor->Expect("set"));
    clause->star = cursor->Accept("*");
    if (!clause->star) {
      PL_ASSIGN_OR_RETURN(clause->set, ParseAssignments(cursor, {"when"}));
    }
    return Status::OK();
  }
  PL_RETURN_NOT_OK(cursor->Expect("insert"));
  clause->then = MergeClause::Then::kInsert;
  clause->star = cursor->Accept("*");
  if (!clause->star) {
    PL_ASSIGN_OR_RETURN(clause->set, ParseInsertValues(cursor));
  }
  return Status::OK();
}

Result<MergeClause> ParseClause(ChangeCursor* cursor) {
  MergeClause clause;
  PL_RETURN_NOT_OK(cursor->Expect("when"));
  if (cursor->Accept("not")) {
    clause.when = MergeClause::When::kNotMatched;
    PL_RETURN_NOT_OK(cursor->Expect("matched"));
    if (cursor->Accept("by") && !cursor->Accept("target")) {
      PL_RETURN_NOT_OK(cursor->Expect("source"));
      clause.when = MergeClause::When::kNotMatchedBySource;
    }
  } else {
    PL_RETURN_NOT_OK(cursor->Expect("matched"));
  }
  if (cursor->Accept("and")) {
    PL_ASSIGN_OR_RETURN(clause.condition, cursor->ExpectExpression({"then"}));
  }
  PL_RETURN_NOT_OK(cursor->Expect("then"));
  PL_RETURN_NOT_OK(ParseThen(cursor, &clause));
  const bool inserts = clause.then == MergeClause::Then::kInsert;
  if (inserts != (clause.when == MergeClause::When::kNotMatched)) {
    return Error(ErrorCode::kUsage,
                 inserts ? "MERGE can INSERT only WHEN NOT MATCHED"
                         : "WHEN NOT MATCHED there is no row of the table; MERGE can only INSERT");
  }
  if (clause.star && clause.when == MergeClause::When::kNotMatchedBySource) {
    return Error(ErrorCode::kUsage, "WHEN NOT MATCHED BY SOURCE there is no source row for UPDATE SET *");
  }
  return clause;
}

Result<ChangeStatement> ParseMerge(ChangeCursor* cursor) {
  MergeStatement out;
  if (cursor->Accept("with")) {
    PL_RETURN_NOT_OK(cursor->Expect("schema"));
    PL_RETURN_NOT_OK(cursor->Expect("evolution"));
    out.schema_evolution = true;
  }
  PL_RETURN_NOT_OK(cursor->Expect("into"));
  PL_ASSIGN_OR_RETURN(out.target, ParseTarget(cursor, {"using"}));
  PL_RETURN_NOT_OK(cursor->Expect("using"));
  PL_ASSIGN_OR_RETURN(out.source, cursor->ExpectSource(&out.source_alias));
  PL_ASSIGN_OR_RETURN(out.source_alias, ParseAlias(cursor, {"on"}, out.source_alias));
  PL_RETURN_NOT_OK(cursor->Expect("on"));
  PL_ASSIGN_OR_RETURN(out.on, cursor->ExpectExpression({"when"}));
  while (!cursor->at_end()) {
    PL_ASSIGN_OR_RETURN(MergeClause clause, ParseClause(cursor));
    out.clauses.push_back(std::move(clause));
  }
  if (out.clauses.empty()) return Error(ErrorCode::kUsage, "MERGE says nothing to do: it has no WHEN clause");
  return out;
}

Result<ChangeStatement> ParseInsert(ChangeCursor* cursor) {
  InsertStatement out;
  if (cursor->Accept("overwrite")) {
    out.mode = InsertStatement::Mode::kOverwrite;
    (void)cursor->Accept("into");
  } else {
    PL_RETURN_NOT_OK(cursor->Expect("into"));
  }
  (void)cursor->Accept("table");
  PL_ASSIGN_OR_RETURN(out.target, cursor->ExpectTable());
  if (cursor->Is("(") && !cursor->NextIsOneOf(kQueryStarts)) {
    PL_ASSIGN_OR_RETURN(out.columns, cursor->ExpectNameList());
  }
  if (cursor->Accept("by")) {
    PL_RETURN_NOT_OK(cursor->Expect("name"));
    out.by_name = true;
  }
  if (cursor->Accept("replace")) {
    PL_RETURN_NOT_OK(cursor->Expect("where"));
    if (out.mode == InsertStatement::Mode::kOverwrite) {
      return Error(ErrorCode::kUsage, "say INSERT INTO … REPLACE WHERE, without OVERWRITE");
    }
    out.mode = InsertStatement::Mode::kReplaceWhere;
    PL_ASSIGN_OR_RETURN(out.replace_where, cursor->ExpectExpression(kQueryStarts));
  }
  if (!cursor->IsOneOf(kQueryStarts) && !cursor->Is("(")) {
    return cursor->Unexpected("SELECT, VALUES or another query");
  }
  PL_ASSIGN_OR_RETURN(out.query, cursor->ExpectExpression({}));
  return out;
}

Result<ChangeStatement> ParseStatement(ChangeCursor* cursor) {
  if (cursor->Accept("delete")) return ParseDelete(cursor);
  if (cursor->Accept("update")) return ParseUpdate(cursor);
  if (cursor->Accept("merge")) return ParseMerge(cursor);
  if (cursor->Accept("insert")) return ParseInsert(cursor);
  PL_RETURN_NOT_OK(cursor->Expect("truncate"));
  (void)cursor->Accept("table");
  TruncateStatement out;
  PL_ASSIGN_OR_RETURN(out.target, cursor->ExpectTable());
  return out;
}

}  // namespace

Result<std::optional<ChangeStatement>> ParseChange(const SqlStatement& statement) {
  PL_ASSIGN_OR_RETURN(ChangeCursor cursor, ChangeCursor::Make(statement));
  if (!cursor.IsOneOf({"delete", "update", "merge", "insert", "truncate"})) return std::nullopt;
  PL_ASSIGN_OR_RETURN(ChangeStatement out, ParseStatement(&cursor));
  if (!cursor.at_end()) return cursor.Unexpected("the end of the statement");
  return out;
}

}  // namespace pixlake::query
