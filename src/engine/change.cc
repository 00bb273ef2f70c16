#include "engine/change.h"

#include <variant>

#include "engine/sql.h"

namespace pixlake::engine {

Result<query::ChangeReport> ChangeTable(const Engine& engine, query::SqlSession* session,
                                        const query::ChangeStatement& statement) {
  const std::string& uri =
      std::visit([](const auto& one) -> const std::string& { return one.target.uri; }, statement);
  PL_ASSIGN_OR_RETURN(const auto table, engine.OpenTable(uri));
  query::ChangeOptions options;
  // DuckDB has three quarters of the memory.
  options.memory_bytes = engine.memory_bytes() / 4;
  return query::RunChange(session, table.get(), std::string(table->format()) + "_scan", statement, options);
}

Result<query::ChangeReport> FillNewTable(const Engine& engine, query::SqlSession* session,
                                         table::Table* table, const std::string& query) {
  query::InsertStatement insert;
  insert.target = {table->location().path, "target"};
  insert.query = query;
  query::ChangeOptions options;
  options.memory_bytes = engine.memory_bytes() / 4;
  options.operation = "CREATE TABLE AS SELECT";
  return query::RunChange(session, table, std::string(table->format()) + "_scan", insert, options);
}

Result<query::ChangeReport> ChangeTable(const Engine& engine, const query::ChangeStatement& statement) {
  PL_ASSIGN_OR_RETURN(const auto session, OpenSqlSession(engine));
  return ChangeTable(engine, session.get(), statement);
}

Result<query::ChangeReport> ChangeTable(const Engine& engine, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto statements, query::SplitStatements(sql));
  if (statements.size() == 1) {
    PL_ASSIGN_OR_RETURN(const auto change, query::ParseChange(statements[0]));
    if (change) return ChangeTable(engine, *change);
  }
  return Error(ErrorCode::kUsage, "this is not one statement that changes rows: " + sql);
}

}  // namespace pixlake::engine
