#include "query/statement/schema_change.h"

#include <arrow/api.h>

#include "query/session/open_sql_session.h"
#include "query/statement/statement.h"

namespace pixlake::query {

Result<SchemaChangeReport> ChangeSchema(const session::Session& session, const std::string& sql) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(
      const auto statements,
      SplitStatements(sql, std::make_shared<SqlNames>(SqlNames{session.FormatNames(), nullptr})));
  if (statements.size() != 1) return Error(ErrorCode::kUsage, "this is not one statement: " + sql);
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  sql_session->SetTyped(statements[0].text);
  const StatementContext context{session, *sql_session};
  const bool creates = SqlCursor(statements[0]).TakeWords("CREATE TABLE");
  const auto run = creates ? RunCreateTable : RunAlterTable;
  PL_ASSIGN_OR_RETURN(const auto rows, run(context, statements[0]));
  if (rows == nullptr) return Error(ErrorCode::kNotFound, "there is no such table: " + sql);
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(rows->ReadNext(&batch));
  if (batch == nullptr) return Error(ErrorCode::kInternal, "the statement gave no row");
  return SchemaChangeReport{static_cast<const arrow::StringArray&>(*batch->column(0)).GetString(0),
                            static_cast<const arrow::Int64Array&>(*batch->column(1)).Value(0)};
}

}  // namespace pixlake::query
