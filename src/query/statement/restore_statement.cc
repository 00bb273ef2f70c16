// RESTORE [TABLE] table [TO] VERSION AS OF n | [TO] TIMESTAMP AS OF 'time'
#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> RunRestore(const StatementContext& context,
                                                const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("RESTORE"));
  (void)cursor.TakeWords("TABLE");
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  (void)cursor.TakeWords("TO");
  PL_ASSIGN_OR_RETURN(const table::VersionSpec spec, cursor.TakeVersion());
  if (!spec.version && !spec.as_of_ms) return cursor.Unexpected("VERSION AS OF or TIMESTAMP AS OF");
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(name));
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::RestoreReport report, care->Restore(spec));
  return MetricsRow(table->location().path, report.version, report.metrics);
}

}  // namespace pixlake::query
