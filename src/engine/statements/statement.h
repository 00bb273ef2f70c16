// Statements that DuckDB does not run: those that change, look after or describe a table.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "query/sql_session.h"
#include "query/sql_tokens.h"

namespace pixlake::engine {

struct StatementContext {
  const Session& session;
  query::SqlSession& sql_session;  // where the statements before it ran, and its own queries do
};

// Runs one statement, or gives null: it is not one of ours after all (a table that only
// the session knows), and goes to DuckDB.
using StatementHandler = Result<std::unique_ptr<query::QueryResult>> (*)(const StatementContext&,
                                                                         const query::SqlStatement&);

// True for a bare name that a table of the session has: what is made in it hides a folder
// of that name, as it does for SELECT.
Result<bool> IsSessionTable(const StatementContext& context, const std::string& name);

// Runs the statements of `sql` one after the other, each where it belongs; the result is
// the last one's. References like delta.`uri` and `t VERSION AS OF 3` are understood
// everywhere.
Result<std::unique_ptr<query::QueryResult>> RunStatements(const StatementContext& context,
                                                          const std::string& sql);

// The handlers, one a kind of statement.
Result<std::unique_ptr<query::QueryResult>> RunAlterTable(const StatementContext& context,
                                                          const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunCreateTable(const StatementContext& context,
                                                           const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunOptimize(const StatementContext& context,
                                                        const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunReorg(const StatementContext& context,
                                                     const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunVacuum(const StatementContext& context,
                                                      const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunRestore(const StatementContext& context,
                                                       const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunChangeRows(const StatementContext& context,
                                                          const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunDescribeHistory(const StatementContext& context,
                                                               const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunAnalyze(const StatementContext& context,
                                                       const query::SqlStatement& statement);
Result<std::unique_ptr<query::QueryResult>> RunShallowClone(const StatementContext& context,
                                                            const query::SqlStatement& statement);

}  // namespace pixlake::engine
