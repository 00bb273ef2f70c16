// ANALYZE TABLE table COMPUTE [DELTA] STATISTICS [FOR ALL COLUMNS | FOR COLUMNS (a, b)]
#include "query/statement/metrics_rows.h"
#include "query/statement/schema/column_definition.h"
#include "query/statement/statement.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> RunAnalyze(const StatementContext& context,
                                                const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("ANALYZE TABLE"));
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  PL_RETURN_NOT_OK(cursor.Expect("COMPUTE"));
  (void)cursor.TakeWords("DELTA");
  PL_RETURN_NOT_OK(cursor.Expect("STATISTICS"));
  std::vector<std::string> columns;
  if (cursor.TakeWords("FOR COLUMNS")) {
    const bool brackets = cursor.TakeSymbol('(');
    do {
      PL_ASSIGN_OR_RETURN(columns.emplace_back(), cursor.TakeName("a column"));
    } while (cursor.TakeSymbol(','));
    if (brackets) PL_RETURN_NOT_OK(cursor.ExpectSymbol(')'));
  } else {
    (void)cursor.TakeWords("FOR ALL COLUMNS");
  }
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(name));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  for (std::string& column : columns) column = ColumnNamed(*snapshot->row_schema(), column);
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::AnalyzeReport report, care->Analyze(columns));
  return MetricsRow(
      table->location().path, report.version,
      {{"numFiles", std::to_string(report.files_seen)}, {"numFilesRestated", std::to_string(report.files)}});
}

}  // namespace pixlake::query
