#include "pipeline/metrics/lake_stats.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "lake/batch_manifest.h"
#include "query/session/open_sql_session.h"
#include "query/upkeep/vacuum.h"

#include "pipeline/metrics/query_log.h"

namespace pixlake::pipeline {
namespace {

constexpr int64_t kSmallFile = int64_t{32} << 20;
constexpr size_t kMostQueries = 20'000;

Status Fill(const session::Session& session, const catalog::Lake& lake, const catalog::TableName& name,
            TableStats* out) {
  const std::string place = lake.TablePlace(name).path;
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto totals, snapshot->Totals());
  out->version = snapshot->version();
  out->rows = totals.num_rows;
  out->files = totals.num_files;
  out->bytes = totals.size_bytes;
  PL_ASSIGN_OR_RETURN(const auto files, snapshot->Files());
  out->small_files =
      std::count_if(files.begin(), files.end(), [](const auto& file) { return file.size < kSmallFile; });
  table::VacuumRequest vacuum;
  vacuum.dry_run = true;
  vacuum.from_log = true;
  const auto free = query::Vacuum(session, place, vacuum);
  // A format without such care frees nothing.
  if (free.ok()) out->reclaimable_bytes = free->bytes_deleted;
  return Status::OK();
}

// The rows of a query, a batch at a time.
template <typename Visit>
Status ForEachBatch(query::SqlSession* sql, const std::string& select, const Visit& visit) {
  PL_ASSIGN_OR_RETURN(const auto rows, sql->Query(select));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return Status::OK();
    PL_RETURN_NOT_OK(visit(*batch));
  }
}

int64_t Int64At(const arrow::RecordBatch& batch, int column, int64_t row) {
  const auto& numbers = static_cast<const arrow::Int64Array&>(*batch.column(column));
  return numbers.IsNull(row) ? 0 : numbers.Value(row);
}

Status FillRuns(query::SqlSession* sql, const std::string& place, LakeStats* out) {
  PL_RETURN_NOT_OK(ForEachBatch(
      sql,
      fmt::format("SELECT step, seconds, rows_in, rows_out, bytes, retries FROM table_scan({}) WHERE mode <> "
                  "'nothing'",
                  SqlLiteral(place)),
      [&](const arrow::RecordBatch& batch) {
        const auto& names = static_cast<const arrow::StringArray&>(*batch.column(0));
        const auto& seconds = static_cast<const arrow::DoubleArray&>(*batch.column(1));
        for (int64_t row = 0; row < batch.num_rows(); ++row) {
          StepStats& step = out->steps[names.GetString(row)];
          step.latencies.Add(seconds.Value(row));
          step.rows_in += Int64At(batch, 2, row);
          step.rows_out += Int64At(batch, 3, row);
          step.bytes += Int64At(batch, 4, row);
          step.retries += Int64At(batch, 5, row);
        }
        return Status::OK();
      }));
  return ForEachBatch(
      sql,
      fmt::format("SELECT count(DISTINCT run_id), epoch_ms(max(run_at)), arg_max(memory_peak, run_at), "
                  "arg_max(memory_budget, run_at) FROM table_scan({})",
                  SqlLiteral(place)),
      [&](const arrow::RecordBatch& batch) {
        for (int64_t row = 0; row < batch.num_rows(); ++row) {
          out->runs = Int64At(batch, 0, row);
          out->last_run_ms = Int64At(batch, 1, row);
          out->memory_peak = Int64At(batch, 2, row);
          out->memory_budget = Int64At(batch, 3, row);
        }
        return Status::OK();
      });
}

}  // namespace

void Latencies::Add(double one) {
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), one) - kBounds.begin();
  ++counts[static_cast<size_t>(bucket)];
  ++count;
  seconds += one;
}

double Latencies::Quantile(double share) const {
  if (count == 0) return 0;
  double left = share * static_cast<double>(count);
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    if (left > here || here == 0) {
      left -= here;
      continue;
    }
    const double from = i == 0 ? 0 : kBounds[i - 1];
    // Of what took longer than the last bound nothing more is known.
    return i == kBounds.size() ? from : from + (kBounds[i] - from) * left / here;
  }
  return kBounds.back();
}

Result<LakeStats> StatsOf(const session::Session& session) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  LakeStats out;
  out.lake = lake.place().path;
  PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
  for (const catalog::TableName& name : names) {
    PL_RETURN_NOT_OK(CheckStopped());
    TableStats table;
    table.name = name.text();
    table.zone = name.zone;
    const Status filled = Fill(session, lake, name, &table);
    if (CodeOf(filled) == ErrorCode::kCancelled) return filled;
    if (!filled.ok()) table.problem = filled.message();
    out.tables.push_back(std::move(table));
  }
  const auto is_sound = [&](const char* name) {
    return std::any_of(out.tables.begin(), out.tables.end(),
                       [&](const TableStats& table) { return table.name == name && table.problem.empty(); });
  };
  PL_ASSIGN_OR_RETURN(const auto sql, query::OpenSqlSession(session, Work::kSql));
  if (is_sound("raw.quarantine")) {
    PL_RETURN_NOT_OK(ForEachBatch(
        sql.get(),
        fmt::format("SELECT coalesce(verdict, 'unknown'), count(*) FROM table_scan({}) GROUP BY ALL",
                    SqlLiteral(lake.TablePlace({"raw", "quarantine"}).path)),
        [&](const arrow::RecordBatch& batch) {
          const auto& verdicts = static_cast<const arrow::StringArray&>(*batch.column(0));
          for (int64_t row = 0; row < batch.num_rows(); ++row)
            out.verdicts[verdicts.GetString(row)] = Int64At(batch, 1, row);
          return Status::OK();
        }));
  }
  if (is_sound("processed.run_steps"))
    PL_RETURN_NOT_OK(FillRuns(sql.get(), lake.TablePlace({"processed", "run_steps"}).path, &out));
  PL_ASSIGN_OR_RETURN(const auto queries, ReadQueries(lake, kMostQueries));
  for (const QueryRecord& record : queries) {
    QueryStats& of_kind = out.queries[record.kind];
    of_kind.latencies.Add(record.seconds);
    of_kind.rows += record.rows;
    of_kind.files += record.files;
    of_kind.files_skipped += record.files_skipped;
    of_kind.failed += record.failed ? 1 : 0;
  }
  PL_ASSIGN_OR_RETURN(out.batches_waiting, lake::BatchesWaiting(lake));
  return out;
}

}  // namespace pixlake::pipeline
