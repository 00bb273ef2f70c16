// Statements that DuckDB does not run: those that change, look after or describe a table.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "query/session/sql_session.h"
#include "query/text/sql_cursor.h"
#include "session/session.h"

namespace pixlake::query {

struct StatementContext {
  const session::Session& session;
  SqlSession& sql_session;  // where the statements before it ran, and its own queries do
};

// Runs one statement, or gives null: it is not one of ours after all (a table that only
// the session knows), and goes to DuckDB.
using StatementHandler = Result<std::unique_ptr<QueryResult>> (*)(const StatementContext&,
                                                                  const SqlStatement&);

// True for a bare name that a table of the session has: what is made in it hides a folder
// of that name, as it does for SELECT.
Result<bool> IsSessionTable(const StatementContext& context, const std::string& name);

// Gets the rows of a statement that others follow; has them read when it returns.
using ResultSink = std::function<Status(QueryResult*)>;

// Whether one of a lake's own tables is at the place, whether or not the session knows the lake.
Result<bool> IsOwnOfLake(const StatementContext& context, const io::Location& place);

// After the table was made, or got other columns: what the session knows of its name is forgotten.
Status Refresh(const StatementContext& context, const std::string& name);

// Runs the statements of `sql` one after the other, each where it belongs; the result is
// the last one's, `earlier` gets the others'. References like delta.`uri` and `t VERSION AS OF 3` are
// understood everywhere.
Result<std::unique_ptr<QueryResult>> RunStatements(const StatementContext& context, const std::string& sql,
                                                   const ResultSink& earlier = nullptr);

// The handlers, one a kind of statement.
Result<std::unique_ptr<QueryResult>> RunAlterTable(const StatementContext& context,
                                                   const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunCreateTable(const StatementContext& context,
                                                    const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunOptimize(const StatementContext& context,
                                                 const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunReorg(const StatementContext& context, const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunVacuum(const StatementContext& context,
                                               const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunRestore(const StatementContext& context,
                                                const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunChangeRows(const StatementContext& context,
                                                   const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunDescribeHistory(const StatementContext& context,
                                                        const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunAnalyze(const StatementContext& context,
                                                const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunShallowClone(const StatementContext& context,
                                                     const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunDropTable(const StatementContext& context,
                                                  const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunComment(const StatementContext& context,
                                                const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunShow(const StatementContext& context, const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RunDescribeTable(const StatementContext& context,
                                                      const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RefuseCopyInto(const StatementContext& context,
                                                    const SqlStatement& statement);
Result<std::unique_ptr<QueryResult>> RefuseConvert(const StatementContext& context,
                                                   const SqlStatement& statement);

}  // namespace pixlake::query
