#include "engine/change.h"

#include <variant>

#include "engine/sql.h"

namespace pixlake::engine {

Result<query::ChangeReport> ChangeTable(const Session& session, query::SqlSession* sql_session,
                                        const query::ChangeStatement& statement) {
  const StopScope scope = session.Enter();
  const std::string& uri =
      std::visit([](const auto& one) -> const std::string& { return one.target.uri; }, statement);
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(uri));
  query::ChangeOptions options;
  options.memory_bytes = session.Plan(Work::kSql).writers;
  return query::RunChange(sql_session, table.get(), std::string(table->format()) + "_scan", statement,
                          options);
}

Result<query::ChangeReport> FillNewTable(const Session& session, query::SqlSession* sql_session,
                                         table::Table* table, const std::string& query) {
  const StopScope scope = session.Enter();
  query::InsertStatement insert;
  insert.target = {table->location().path, "target"};
  insert.query = query;
  query::ChangeOptions options;
  options.memory_bytes = session.Plan(Work::kSql).writers;
  options.operation = "CREATE TABLE AS SELECT";
  return query::RunChange(sql_session, table, std::string(table->format()) + "_scan", insert, options);
}

Result<query::ChangeReport> ChangeTable(const Session& session, const query::ChangeStatement& statement) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  return ChangeTable(session, sql_session.get(), statement);
}

Result<query::ChangeReport> ChangeTable(const Session& session, const std::string& sql) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto statements, query::SplitStatements(sql));
  if (statements.size() == 1) {
    PL_ASSIGN_OR_RETURN(const auto change, query::ParseChange(statements[0]));
    if (change) return ChangeTable(session, *change);
  }
  return Error(ErrorCode::kUsage, "this is not one statement that changes rows: " + sql);
}

}  // namespace pixlake::engine
