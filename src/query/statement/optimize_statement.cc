// OPTIMIZE table [FULL] [WHERE condition on partition columns] [ZORDER BY (a, b)]
// REORG TABLE table [WHERE condition on partition columns] APPLY (PURGE)
#include <utility>

#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"
#include "query/upkeep/optimize.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> RunOptimize(const StatementContext& context,
                                                 const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("OPTIMIZE"));
  OptimizeRequest request;
  PL_ASSIGN_OR_RETURN(request.table, cursor.TakeTable());
  request.full = cursor.TakeWords("FULL");
  if (cursor.TakeWords("WHERE")) request.where = cursor.TakeUntil({"ZORDER"});
  if (cursor.TakeWords("ZORDER BY")) {
    const bool brackets = cursor.TakeSymbol('(');
    do {
      PL_ASSIGN_OR_RETURN(std::string column, cursor.TakeName("a column"));
      request.zorder_by.push_back(std::move(column));
    } while (cursor.TakeSymbol(','));
    if (brackets) PL_RETURN_NOT_OK(cursor.ExpectSymbol(')'));
  }
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const table::RewriteReport report, Optimize(context.session, request));
  return MetricsRow(request.table, report.version, report.Metrics());
}

Result<std::unique_ptr<QueryResult>> RunReorg(const StatementContext& context,
                                              const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("REORG TABLE"));
  OptimizeRequest request;
  request.purge = true;
  PL_ASSIGN_OR_RETURN(request.table, cursor.TakeTable());
  if (cursor.TakeWords("WHERE")) request.where = cursor.TakeUntil({"APPLY"});
  PL_RETURN_NOT_OK(cursor.Expect("APPLY"));
  const bool purge = cursor.TakeSymbol('(') && cursor.TakeWords("PURGE") && cursor.TakeSymbol(')');
  if (!purge) return Error(ErrorCode::kUsage, "REORG TABLE … APPLY knows (PURGE) alone");
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const table::RewriteReport report, Optimize(context.session, request));
  return MetricsRow(request.table, report.version, report.Metrics());
}

}  // namespace pixlake::query
