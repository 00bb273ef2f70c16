#include "pipeline/metrics/run_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "query/change/change.h"
#include "query/session/open_sql_session.h"

namespace pixlake::pipeline {
namespace {

const catalog::TableName kRunSteps{"processed", "run_steps"};

// Bytes; with what files map.
int64_t PeakMemory() {
  struct rusage usage {};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? int64_t{usage.ru_maxrss} * 1024 : 0;
}

std::string RunValuesOf(const RunRow& row, size_t position) {
  return fmt::format("({}, {}, {}, {}, CAST('{}' AS DOUBLE), {}, {}, {}, {}, {}, {})", position,
                     SqlLiteral(row.step), SqlLiteral(row.mode), SqlLiteral(row.reason), row.seconds,
                     row.rows_in, row.rows_out, row.rows_removed, row.bytes, row.quarantined, row.retries);
}

}  // namespace

Status WriteRunRows(const session::Session& session, const std::vector<RunRow>& rows, const RunStamp& stamp) {
  if (rows.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  const io::Location place = lake.TablePlace(kRunSteps);
  const auto made = session.new_table_format()->Create(place, *catalog::OwnTable(kRunSteps));
  if (!made.ok() && CodeOf(made.status()) != ErrorCode::kAlreadyExists) return made.status();
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenToChange(place.path));
  std::vector<std::string> values;
  for (const RunRow& row : rows) values.push_back(RunValuesOf(row, values.size()));
  const std::string began = FormatTimestamp(stamp.began_ms);
  query::InsertStatement insert;
  insert.target = {place.path, "target"};
  insert.by_name = true;
  insert.query = fmt::format(
      "SELECT {} AS run_id, CAST({} AS TIMESTAMPTZ) AS run_at, *, {}::BIGINT AS memory_peak, {}::BIGINT AS "
      "memory_budget, {} AS date_partition FROM (VALUES {}) AS r(position, step, mode, reason, seconds, "
      "rows_in, "
      "rows_out, rows_removed, bytes, quarantined, retries)",
      SqlLiteral(stamp.id), SqlLiteral(began), PeakMemory(), session.memory_bytes(),
      SqlLiteral(began.substr(0, 10)), fmt::join(values, ", "));
  PL_ASSIGN_OR_RETURN(const auto sql, query::OpenSqlSession(session, Work::kSql));
  query::ChangeOptions change;
  change.memory_bytes = session.Plan(Work::kSql).writers;
  change.operation = "RUN";
  const auto done =
      query::RunChange(sql.get(), table.get(), std::string(table->format()) + "_scan", insert, change);
  return WithContext(done.status(), "noting what the run did");
}

}  // namespace pixlake::pipeline
