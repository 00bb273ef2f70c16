// DELETE FROM, UPDATE, MERGE INTO, INSERT INTO, TRUNCATE TABLE: answered by what was done.
#include <arrow/api.h>

#include "query/change/change_table.h"
#include "query/result/memory_result.h"
#include "query/statement/statement.h"
#include "query/text/token_roles.h"

namespace pixlake::query {
namespace {

Result<std::shared_ptr<arrow::Table>> ToTable(const ChangeReport& report) {
  const std::pair<const char*, int64_t> values[] = {{"version", report.version},
                                                    {"rows_inserted", report.rows_inserted},
                                                    {"rows_updated", report.rows_updated},
                                                    {"rows_deleted", report.rows_deleted}};
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& [name, value] : values) {
    fields.push_back(arrow::field(name, arrow::int64()));
    PL_ASSIGN_OR_RETURN(auto column, arrow::MakeArrayFromScalar(arrow::Int64Scalar(value), 1));
    columns.push_back(std::move(column));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns));
}

// What a statement that is not understood would change; "/" where that cannot be told.
std::string NameOfTarget(const SqlStatement& statement) {
  const auto depths = BracketDepths(statement);
  for (size_t i = 0; depths.ok() && i < statement.tokens.size(); ++i) {
    const SqlToken& token = statement.tokens[i];
    const bool before =
        token.IsWord("INTO") || token.IsWord("FROM") || token.IsWord("UPDATE") || token.IsWord("TABLE");
    if (!before || (*depths)[i] > 0) continue;
    const auto mention = ReadTableMention(statement, i + 1, {});
    return mention ? mention->reference.place : "/";
  }
  return "/";
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunChangeRows(const StatementContext& context,
                                                   const SqlStatement& statement) {
  const auto parsed = ParseChange(statement);
  if (!parsed.ok()) {
    // DuckDB has more to say of its own tables: RETURNING, DEFAULT VALUES.
    PL_ASSIGN_OR_RETURN(const bool own, IsSessionTable(context, NameOfTarget(statement)));
    if (own) return nullptr;
    return parsed.status();
  }
  const std::optional<ChangeStatement>& change = *parsed;
  if (!change) return nullptr;
  const std::string& uri =
      std::visit([](const auto& one) -> const std::string& { return one.target.uri; }, *change);
  PL_ASSIGN_OR_RETURN(const bool own, IsSessionTable(context, uri));
  if (own) return nullptr;
  // What no format knows is DuckDB's to say.
  const auto opened = context.session.OpenTable(uri);
  if (!opened.ok() && CodeOf(opened.status()) == ErrorCode::kNotFound && uri.find('/') == std::string::npos) {
    return nullptr;
  }
  PL_RETURN_NOT_OK(opened.status());
  PL_ASSIGN_OR_RETURN(const auto report, ChangeTable(context.session, &context.sql_session, *change));
  PL_ASSIGN_OR_RETURN(auto rows, ToTable(report));
  return MemoryResult(std::move(rows));
}

}  // namespace pixlake::query
