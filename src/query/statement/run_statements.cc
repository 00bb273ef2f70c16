#include <array>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

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
    Kind{"CREATE OR REPLACE TABLE", RunCreateTable},
    Kind{"REPLACE TABLE", RunCreateTable},
    Kind{"DROP TABLE", RunDropTable},
    Kind{"COMMENT ON", RunComment},
    Kind{"COPY INTO", RefuseCopyInto},
    Kind{"CONVERT TO", RefuseConvert},
    Kind{"SHOW", RunShow},
    Kind{"DELETE", RunChangeRows},
    Kind{"UPDATE", RunChangeRows},
    Kind{"MERGE", RunChangeRows},
    Kind{"INSERT", RunChangeRows},
    Kind{"TRUNCATE", RunChangeRows},
    Kind{"WITH", RunChangeRows},  // or it leaves it to DuckDB
    Kind{"DESCRIBE HISTORY", RunDescribeHistory},
    Kind{"DESC HISTORY", RunDescribeHistory},
    Kind{"DESCRIBE", RunDescribeTable},
    Kind{"DESC", RunDescribeTable},
    Kind{"OPTIMIZE", RunOptimize},
    Kind{"REORG TABLE", RunReorg},
    Kind{"VACUUM", RunVacuum},
    Kind{"RESTORE", RunRestore},
    Kind{"ANALYZE TABLE", RunAnalyze},
};

Result<std::unique_ptr<QueryResult>> RunOne(const StatementContext& context, const SqlStatement& statement) {
  context.sql_session.SetTyped(statement.text);
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

// The first cell of a query of one row.
Result<std::string> Evaluate(SqlSession* session, const std::string& expression) {
  PL_ASSIGN_OR_RETURN(const auto result,
                      session->Query(fmt::format("SELECT CAST(({}) AS VARCHAR)", expression)));
  PL_ASSIGN_OR_RETURN(const auto rows, result->ToTable());
  if (rows->num_rows() != 1 || rows->column(0)->type()->id() != arrow::Type::STRING ||
      rows->column(0)->null_count() > 0) {
    return Error(ErrorCode::kUsage, fmt::format("`{}` gives no value", expression));
  }
  return static_cast<const arrow::StringArray&>(*rows->column(0)->chunk(0)).GetString(0);
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunStatements(const StatementContext& context, const std::string& sql,
                                                   const ResultSink& earlier) {
  SqlSession* const session = &context.sql_session;
  const auto names = std::make_shared<SqlNames>(
      SqlNames{context.session.FormatNames(),
               [session](const std::string& expression) { return Evaluate(session, expression); }});
  PL_ASSIGN_OR_RETURN(const std::vector<SqlStatement> statements, SplitStatements(sql, names));
  if (statements.empty()) return Error(ErrorCode::kUsage, "there is no statement to run");
  for (size_t i = 0; i + 1 < statements.size(); ++i) {
    PL_ASSIGN_OR_RETURN(const auto result, RunOne(context, statements[i]));
    if (result->has_rows())
      PL_RETURN_NOT_OK(earlier == nullptr ? Drain(result.get()) : earlier(result.get()));
  }
  auto result = RunOne(context, statements.back());
  session->SetTyped("");
  return result;
}

}  // namespace pixlake::query
