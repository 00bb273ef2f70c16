// CREATE TABLE target SHALLOW CLONE source [VERSION AS OF n | TIMESTAMP AS OF 't']
#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"
#include "query/upkeep/clone.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> RunShallowClone(const StatementContext& context,
                                                     const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("CREATE TABLE"));
  const auto target = cursor.TakeTable();
  // Any other CREATE TABLE is not ours.
  if (!target.ok() || !cursor.TakeWords("SHALLOW CLONE")) return nullptr;
  PL_ASSIGN_OR_RETURN(const table::TableReference source, cursor.TakeReference());
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const CloneReport report, CloneShallow(context.session, source, *target));
  PL_RETURN_NOT_OK(Refresh(context, *target));
  return MetricsRow(report.path, 0,
                    {{"sourceVersion", std::to_string(report.source_version)},
                     {"sourceNumOfFiles", std::to_string(report.files)},
                     {"sourceTableSize", std::to_string(report.bytes)}});
}

}  // namespace pixlake::query
