// VACUUM table [RETAIN n HOURS] [LITE] [DRY RUN]
#include <arrow/api.h>

#include "query/result/memory_result.h"
#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"
#include "query/upkeep/vacuum.h"

namespace pixlake::query {
namespace {

constexpr double kHourMs = 3'600'000;

// One column, the files that would go.
Result<std::unique_ptr<QueryResult>> PathRows(const std::vector<std::string>& paths) {
  arrow::StringBuilder builder;
  PL_RETURN_NOT_OK(builder.AppendValues(paths));
  PL_ASSIGN_OR_RETURN(const auto array, builder.Finish());
  return MemoryResult(arrow::Table::Make(arrow::schema({arrow::field("path", arrow::utf8())}), {array}));
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunVacuum(const StatementContext& context,
                                               const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("VACUUM"));
  // DuckDB has a VACUUM of its own: without a table, and ANALYZE.
  if (cursor.AtEnd() || cursor.TakeWords("ANALYZE")) return nullptr;
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  table::VacuumRequest request;
  while (!cursor.AtEnd()) {
    if (cursor.TakeWords("RETAIN")) {
      PL_ASSIGN_OR_RETURN(const double hours, cursor.TakeNumber("a number of hours"));
      PL_RETURN_NOT_OK(cursor.Expect("HOURS"));
      if (hours > 1e9) return Error(ErrorCode::kUsage, "that many hours cannot be retained");
      request.retention_ms = static_cast<int64_t>(hours * kHourMs);
    } else if (cursor.TakeWords("LITE")) {
      request.from_log = true;
    } else if (cursor.TakeWords("DRY RUN")) {
      request.dry_run = true;
    } else {
      PL_RETURN_NOT_OK(cursor.ExpectEnd());
    }
  }
  PL_ASSIGN_OR_RETURN(const table::VacuumReport report, Vacuum(context.session, name, request));
  if (request.dry_run) return PathRows(report.paths);
  PL_ASSIGN_OR_RETURN(const io::Location place, context.session.Locate(name));
  return MetricsRow(place.path, report.version,
                    {{"numDeletedFiles", std::to_string(report.files_deleted)},
                     {"sizeOfDeletedData", std::to_string(report.bytes_deleted)},
                     {"numFailedDeletes", std::to_string(report.failures.size())}});
}

}  // namespace pixlake::query
