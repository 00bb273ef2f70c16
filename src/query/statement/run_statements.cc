#include <array>
#include <utility>

#include "query/statement/statement.h"

namespace pixlake::query {
namespace {

struct Kind {
  std::string_view words;  // it starts with
  StatementHandler handler;
};

// A new kind of statement is a line here and a file of its own.
constexpr std::array kKinds = {
    Kind{"ALTER TABLE", RunAlterTable},
    Kind{"CREATE TABLE", RunShallowClone},  // or it leaves it to the next
    Kind{"CREATE TABLE", RunCreateTable},
    Kind{"DELETE", RunChangeRows},
    Kind{"UPDATE", RunChangeRows},
    Kind{"MERGE", RunChangeRows},
    Kind{"INSERT", RunChangeRows},
    Kind{"TRUNCATE", RunChangeRows},
    Kind{"DESCRIBE HISTORY", RunDescribeHistory},
    Kind{"DESC HISTORY", RunDescribeHistory},
    Kind{"OPTIMIZE", RunOptimize},
    Kind{"REORG TABLE", RunReorg},
    Kind{"VACUUM", RunVacuum},
    Kind{"RESTORE", RunRestore},
    Kind{"ANALYZE TABLE", RunAnalyze},
};

Result<std::unique_ptr<QueryResult>> RunOne(const StatementContext& context, const SqlStatement& statement) {
  for (const Kind& kind : kKinds) {
    if (!SqlCursor(statement).TakeWords(kind.words)) continue;
    PL_ASSIGN_OR_RETURN(auto result, kind.handler(context, statement));
    if (result != nullptr) return result;
  }
  return context.sql_session.Query(statement.text);
}

Status Drain(QueryResult* result) {
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    PL_RETURN_NOT_OK(result->ReadNext(&batch));
  } while (batch != nullptr);
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunStatements(const StatementContext& context, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const std::vector<SqlStatement> statements, SplitStatements(sql));
  if (statements.empty()) return Error(ErrorCode::kUsage, "there is no statement to run");
  for (size_t i = 0; i + 1 < statements.size(); ++i) {
    PL_ASSIGN_OR_RETURN(const auto result, RunOne(context, statements[i]));
    if (result->has_rows()) PL_RETURN_NOT_OK(Drain(result.get()));
  }
  return RunOne(context, statements.back());
}

}  // namespace pixlake::query
