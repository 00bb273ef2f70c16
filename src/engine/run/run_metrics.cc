#include "engine/run/run_metrics.h"

#include <utility>

#include "pipeline/metrics/prometheus.h"

namespace pixlake::engine {
namespace {

const char* ModeText(pipeline::StepMode mode) {
  switch (mode) {
    case pipeline::StepMode::kNothing:
      return "nothing";
    case pipeline::StepMode::kChanged:
      return "changed";
    case pipeline::StepMode::kAll:
      return "all";
  }
  return "";
}

pipeline::RunRow IngestRow(const RunReport& report) {
  pipeline::RunRow row;
  row.step = "ingest";
  row.seconds = report.ingest_seconds;
  int64_t gone = 0;
  for (const ingest::LakeIngestReport& one : report.ingested) {
    row.rows_in += one.items;
    row.rows_out += one.added.images;
    row.bytes += one.added.bytes;
    row.quarantined += one.added.quarantined;
    gone += one.added.gone;
  }
  const bool changed = row.rows_out > 0 || row.bytes > 0 || row.quarantined > 0 || gone > 0;
  row.mode = changed ? "changed" : "nothing";
  return row;
}

}  // namespace

Status NoteRun(const Session& session, const RunRequest& request, const RunReport& report,
               const pipeline::RunStamp& stamp) {
  std::vector<pipeline::RunRow> rows;
  if (!report.ingested.empty()) rows.push_back(IngestRow(report));
  for (const pipeline::StepReport& step : report.steps) {
    pipeline::RunRow row;
    row.step = step.name;
    row.mode = ModeText(step.mode);
    row.reason = step.reason;
    row.seconds = step.seconds;
    row.rows_in = step.rows_in;
    row.rows_out = step.rows_out;
    row.rows_removed = step.rows_removed;
    row.retries = step.retries;
    rows.push_back(std::move(row));
  }
  const bool news =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.mode != "nothing"; });
  if (news) PL_RETURN_NOT_OK(pipeline::WriteRunRows(session, rows, stamp));
  return WriteMetricsFile(session, request.settings);
}

Status WriteMetricsFile(const Session& session, const settings::Settings& settings) {
  if (settings.metrics.file.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const auto stats, pipeline::StatsOf(session));
  PL_ASSIGN_OR_RETURN(const io::Location place, session.Locate(settings.metrics.file));
  return WithContext(place.store->Put(place.path, pipeline::ToPrometheus(stats)), "writing metrics.file");
}

}  // namespace pixlake::engine
