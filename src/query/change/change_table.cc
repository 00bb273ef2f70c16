#include "query/change/change_table.h"

#include <variant>

#include "query/session/open_sql_session.h"

namespace pixlake::query {
namespace {

void AddLine(const std::string& text, std::string* out) {
  if (!text.empty()) *out += (out->empty() ? "" : "\n") + text;
}

void AddLines(const std::vector<Assignment>& assignments, std::string* out) {
  for (const Assignment& one : assignments) AddLine(one.expression, out);
}

struct Typed {
  std::string out;
  void operator()(const DeleteStatement& change) { AddLine(change.where, &out); }
  void operator()(const UpdateStatement& change) {
    AddLines(change.set, &out);
    AddLine(change.where, &out);
  }
  void operator()(const MergeStatement& change) {
    AddLine(change.source, &out);
    AddLine(change.on, &out);
    for (const MergeClause& clause : change.clauses) {
      AddLine(clause.condition, &out);
      AddLines(clause.set, &out);
    }
  }
  void operator()(const InsertStatement& change) {
    AddLine(change.replace_where, &out);
    AddLine(change.query, &out);
  }
  void operator()(const TruncateStatement&) {}
};

// What of a change was typed, a line each.
std::string TypedText(const ChangeStatement& change) {
  Typed typed;
  std::visit(typed, change);
  return typed.out;
}

std::shared_ptr<const SqlNames> NamesOf(const session::Session& session) {
  return std::make_shared<SqlNames>(SqlNames{session.FormatNames(), nullptr});
}

}  // namespace

Result<ChangeReport> ChangeTable(const session::Session& session, SqlSession* sql_session,
                                 const ChangeStatement& statement) {
  const StopScope scope = session.Enter();
  const std::string& uri =
      std::visit([](const auto& one) -> const std::string& { return one.target.uri; }, statement);
  // New rows tell nothing of those that are there; to put them in place of others asks for these.
  const auto* const insert = std::get_if<InsertStatement>(&statement);
  const bool adds = insert != nullptr && insert->mode == InsertStatement::Mode::kAppend;
  PL_ASSIGN_OR_RETURN(const auto table, adds ? session.OpenTable(uri) : session.OpenToChange(uri));
  ChangeOptions options;
  options.memory_bytes = session.Plan(Work::kSql).writers;
  return RunChange(sql_session, table.get(), std::string(table->format()) + "_scan", statement, options);
}

Result<ChangeReport> FillNewTable(const session::Session& session, SqlSession* sql_session,
                                  table::Table* table, const std::string& query) {
  const StopScope scope = session.Enter();
  InsertStatement insert;
  insert.target = {table->location().path, "target"};
  insert.query = query;
  ChangeOptions options;
  options.memory_bytes = session.Plan(Work::kSql).writers;
  options.operation = "CREATE TABLE AS SELECT";
  return RunChange(sql_session, table, std::string(table->format()) + "_scan", insert, options);
}

Result<ChangeReport> ReplaceTable(const session::Session& session, SqlSession* sql_session,
                                  table::Table* table, const table::TableDefinition& definition,
                                  const std::string& query) {
  const StopScope scope = session.Enter();
  ChangeOptions options;
  options.memory_bytes = session.Plan(Work::kSql).writers;
  options.definition = definition;
  options.operation = query.empty() ? "CREATE OR REPLACE TABLE" : "CREATE OR REPLACE TABLE AS SELECT";
  const TargetTable target{table->location().path, "target"};
  const std::string scan = std::string(table->format()) + "_scan";
  if (query.empty()) return RunChange(sql_session, table, scan, TruncateStatement{target}, options);
  InsertStatement insert;
  insert.target = target;
  insert.mode = InsertStatement::Mode::kOverwrite;
  insert.query = query;
  return RunChange(sql_session, table, scan, insert, options);
}

Result<ChangeReport> ChangeTable(const session::Session& session, const ChangeStatement& statement) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  sql_session->SetTyped(TypedText(statement));
  return ChangeTable(session, sql_session.get(), statement);
}

Result<ChangeReport> ChangeTable(const session::Session& session, const std::string& sql) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto statements, SplitStatements(sql, NamesOf(session)));
  if (statements.size() == 1) {
    PL_ASSIGN_OR_RETURN(const auto change, ParseChange(statements[0]));
    if (change) return ChangeTable(session, *change);
  }
  return Error(ErrorCode::kUsage, "this is not one statement that changes rows: " + sql);
}

}  // namespace pixlake::query
