// RESTORE [TABLE] table TO VERSION AS OF n | TO TIMESTAMP AS OF 'time'
#include "base/clock.h"
#include "engine/statements/metrics_rows.h"
#include "engine/statements/statement.h"

namespace pixlake::engine {

Result<std::unique_ptr<query::QueryResult>> RunRestore(const StatementContext& context,
                                                       const query::SqlStatement& statement) {
  query::SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("RESTORE"));
  (void)cursor.TakeWords("TABLE");
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  PL_RETURN_NOT_OK(cursor.Expect("TO"));
  table::VersionSpec spec;
  if (cursor.TakeWords("VERSION AS OF")) {
    PL_ASSIGN_OR_RETURN(spec.version, cursor.TakeInteger("a version"));
  } else {
    PL_RETURN_NOT_OK(cursor.Expect("TIMESTAMP AS OF"));
    PL_ASSIGN_OR_RETURN(const std::string text, cursor.TakeText("a time, such as '2026-11-21 12:00:00'"));
    PL_ASSIGN_OR_RETURN(spec.as_of_ms, ParseTimestamp(text));
  }
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(name));
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::RestoreReport report, care->Restore(spec));
  return MetricsRow(table->location().path, report.version, report.metrics);
}

}  // namespace pixlake::engine
