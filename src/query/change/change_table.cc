#include "query/change/change_table.h"

#include <variant>

#include "query/session/open_sql_session.h"

namespace pixlake::query {

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

Result<ChangeReport> ChangeTable(const session::Session& session, const ChangeStatement& statement) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  return ChangeTable(session, sql_session.get(), statement);
}

Result<ChangeReport> ChangeTable(const session::Session& session, const std::string& sql) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto statements, SplitStatements(sql));
  if (statements.size() == 1) {
    PL_ASSIGN_OR_RETURN(const auto change, ParseChange(statements[0]));
    if (change) return ChangeTable(session, *change);
  }
  return Error(ErrorCode::kUsage, "this is not one statement that changes rows: " + sql);
}

}  // namespace pixlake::query
