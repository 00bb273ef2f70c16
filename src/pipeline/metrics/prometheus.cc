#include "pipeline/metrics/prometheus.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace pixlake::pipeline {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Debian has no prometheus-cpp here; the format is a few lines (backslash, quote and newline are escaped).
class Exposition {
 public:
  explicit Exposition(const std::string& lake) : lake_(lake) {}

  void Family(const char* name, const char* type, const char* help) {
    text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }

  template <typename Number>
  void Sample(const std::string& name, const Labels& labels, Number value) {
    text_ += fmt::format("{}{{lake=\"{}\"", name, Escaped(lake_));
    for (const auto& [label, text] : labels) text_ += fmt::format(",{}=\"{}\"", label, Escaped(text));
    text_ += fmt::format("}} {}\n", value);
  }

  void Histogram(const std::string& name, Labels labels, const Latencies& latencies) {
    int64_t below = 0;
    for (size_t i = 0; i < latencies.counts.size(); ++i) {
      below += latencies.counts[i];
      const bool last = i == Latencies::kBounds.size();
      labels.emplace_back("le", last ? "+Inf" : fmt::format("{}", Latencies::kBounds[i]));
      Sample(name + "_bucket", labels, below);
      labels.pop_back();
    }
    Sample(name + "_sum", labels, latencies.seconds);
    Sample(name + "_count", labels, latencies.count);
  }

  std::string Take() { return std::move(text_); }

 private:
  static std::string Escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '\n') {
        out += "\\n";
        continue;
      }
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
    return out;
  }

  const std::string lake_;
  std::string text_;
};

// One number of each table, as a family of its own.
template <typename Number>
void OfTables(const LakeStats& stats, const char* name, const char* help, const Number& number,
              Exposition* out) {
  out->Family(name, "gauge", help);
  for (const TableStats& table : stats.tables) {
    if (table.problem.empty())
      out->Sample(name, {{"table", table.name}, {"zone", table.zone}}, number(table));
  }
}

template <typename Number>
void OfSteps(const LakeStats& stats, const char* name, const char* help, const Number& number,
             Exposition* out) {
  out->Family(name, "counter", help);
  for (const auto& [step, of_step] : stats.steps) out->Sample(name, {{"step", step}}, number(of_step));
}

template <typename Number>
void OfQueries(const LakeStats& stats, const char* name, const char* help, const Number& number,
               Exposition* out) {
  out->Family(name, "gauge", help);
  for (const auto& [kind, of_kind] : stats.queries) out->Sample(name, {{"kind", kind}}, number(of_kind));
}

}  // namespace

std::string ToPrometheus(const LakeStats& stats) {
  Exposition out(stats.lake);
  OfTables(
      stats, "pixlake_table_rows", "Rows of the table",
      [](const TableStats& table) { return table.rows.value_or(0); }, &out);
  OfTables(
      stats, "pixlake_table_files", "Data files of the table",
      [](const TableStats& table) { return table.files; }, &out);
  OfTables(
      stats, "pixlake_table_small_files", "Data files of the table below 32 MiB",
      [](const TableStats& table) { return table.small_files; }, &out);
  OfTables(
      stats, "pixlake_table_bytes", "Bytes of the table's data files",
      [](const TableStats& table) { return table.bytes; }, &out);
  OfTables(
      stats, "pixlake_table_reclaimable_bytes", "Bytes that VACUUM would free",
      [](const TableStats& table) { return table.reclaimable_bytes; }, &out);
  out.Family("pixlake_table_broken", "gauge", "1 for a table that cannot be read");
  for (const TableStats& table : stats.tables)
    out.Sample("pixlake_table_broken", {{"table", table.name}, {"zone", table.zone}},
               table.problem.empty() ? 0 : 1);
  out.Family("pixlake_quarantined", "gauge", "Contents in quarantine, by verdict");
  for (const auto& [verdict, count] : stats.verdicts)
    out.Sample("pixlake_quarantined", {{"verdict", verdict}}, count);
  out.Family("pixlake_step_seconds", "histogram", "How long steps took that did something");
  for (const auto& [step, of_step] : stats.steps)
    out.Histogram("pixlake_step_seconds", {{"step", step}}, of_step.latencies);
  OfSteps(
      stats, "pixlake_step_rows_in_total", "Rows that steps worked on",
      [](const StepStats& step) { return step.rows_in; }, &out);
  OfSteps(
      stats, "pixlake_step_rows_out_total", "Rows that steps wrote",
      [](const StepStats& step) { return step.rows_out; }, &out);
  OfSteps(
      stats, "pixlake_step_bytes_total", "Bytes that steps took in",
      [](const StepStats& step) { return step.bytes; }, &out);
  OfSteps(
      stats, "pixlake_step_retries_total", "Times that steps were tried again",
      [](const StepStats& step) { return step.retries; }, &out);
  // Of the queries that are kept: these may become fewer, so they are gauges.
  out.Family("pixlake_recent_query_seconds", "histogram", "How long the queries of late took, by first word");
  for (const auto& [kind, of_kind] : stats.queries)
    out.Histogram("pixlake_recent_query_seconds", {{"kind", kind}}, of_kind.latencies);
  OfQueries(
      stats, "pixlake_recent_query_files", "Data files that the queries of late had to look at",
      [](const QueryStats& query) { return query.files; }, &out);
  OfQueries(
      stats, "pixlake_recent_query_files_skipped", "Of those the ones that were skipped",
      [](const QueryStats& query) { return query.files_skipped; }, &out);
  OfQueries(
      stats, "pixlake_recent_query_failures", "Queries of late that failed",
      [](const QueryStats& query) { return query.failed; }, &out);
  out.Family("pixlake_runs_total", "counter", "Runs that did something");
  out.Sample("pixlake_runs_total", {}, stats.runs);
  out.Family("pixlake_last_run_timestamp_seconds", "gauge", "When the last of them began");
  out.Sample("pixlake_last_run_timestamp_seconds", {}, static_cast<double>(stats.last_run_ms) / 1000);
  out.Family("pixlake_memory_peak_bytes", "gauge", "The most memory that the last run held");
  out.Sample("pixlake_memory_peak_bytes", {}, stats.memory_peak);
  out.Family("pixlake_memory_budget_bytes", "gauge", "What it was allowed");
  out.Sample("pixlake_memory_budget_bytes", {}, stats.memory_budget);
  out.Family("pixlake_batches_waiting", "gauge", "Batches that an interrupted ingest has to commit yet");
  out.Sample("pixlake_batches_waiting", {}, stats.batches_waiting);
  return out.Take();
}

}  // namespace pixlake::pipeline
