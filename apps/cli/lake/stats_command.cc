// pixlake stats
#include <memory>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "engine/upkeep/stats.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct StatsOptions {
  CommonOptions common;
  bool prometheus = false;
};

Json ToJson(const pipeline::Latencies& latencies) {
  Json buckets = Json::array();
  for (size_t i = 0; i < latencies.counts.size(); ++i) {
    const Json bound =
        i < pipeline::Latencies::kBounds.size() ? Json(pipeline::Latencies::kBounds[i]) : Json();
    buckets.push_back({{"below", bound}, {"count", latencies.counts[i]}});
  }
  return {{"count", latencies.count},
          {"seconds", latencies.seconds},
          {"p50", latencies.Quantile(0.5)},
          {"p95", latencies.Quantile(0.95)},
          {"buckets", std::move(buckets)}};
}

Json ToJson(const engine::LakeStats& stats) {
  Json tables = Json::array(), steps = Json::object(), queries = Json::object(), verdicts = Json::object();
  for (const pipeline::TableStats& table : stats.tables) {
    Json one = {{"table", table.name}, {"zone", table.zone}};
    if (!table.problem.empty()) {
      one["problem"] = table.problem;
    } else {
      one["version"] = table.version;
      one["rows"] = table.rows ? Json(*table.rows) : Json();
      one["files"] = table.files;
      one["small_files"] = table.small_files;
      one["bytes"] = table.bytes;
      one["reclaimable_bytes"] = table.reclaimable_bytes;
    }
    tables.push_back(std::move(one));
  }
  for (const auto& [name, step] : stats.steps) {
    steps[name] = {{"rows_in", step.rows_in},
                   {"rows_out", step.rows_out},
                   {"bytes", step.bytes},
                   {"retries", step.retries},
                   {"latency", ToJson(step.latencies)}};
  }
  for (const auto& [kind, query] : stats.queries) {
    queries[kind] = {{"rows", query.rows},
                     {"files", query.files},
                     {"files_skipped", query.files_skipped},
                     {"failed", query.failed},
                     {"latency", ToJson(query.latencies)}};
  }
  for (const auto& [verdict, count] : stats.verdicts) verdicts[verdict] = count;
  return {{"status", "ok"},
          {"tables", std::move(tables)},
          {"verdicts", std::move(verdicts)},
          {"runs", stats.runs},
          {"last_run", stats.last_run_ms > 0 ? Json(FormatTimestamp(stats.last_run_ms)) : Json()},
          {"steps", std::move(steps)},
          {"queries", std::move(queries)},
          {"memory", {{"peak", stats.memory_peak}, {"budget", stats.memory_budget}}},
          {"batches_waiting", stats.batches_waiting}};
}

std::string Seconds(double seconds) {
  return seconds < 1 ? fmt::format("{:.0f} ms", seconds * 1000) : fmt::format("{:.1f} s", seconds);
}

void PrintTables(const engine::LakeStats& stats) {
  int64_t bytes = 0, free = 0;
  fmt::print("{:<26} {:>12} {:>8} {:>11} {:>11}\n", "table", "rows", "files", "size", "to free");
  for (const pipeline::TableStats& table : stats.tables) {
    if (!table.problem.empty()) {
      fmt::print("{:<26} {}\n", table.name, table.problem);
      continue;
    }
    bytes += table.bytes;
    free += table.reclaimable_bytes;
    fmt::print("{:<26} {:>12} {:>8} {:>11} {:>11}\n", table.name,
               table.rows ? std::to_string(*table.rows) : "", table.files, FormatByteSize(table.bytes),
               FormatByteSize(table.reclaimable_bytes));
  }
  fmt::print("{:<26} {:>12} {:>8} {:>11} {:>11}\n", "together", "", "", FormatByteSize(bytes),
             FormatByteSize(free));
}

void Print(const engine::LakeStats& stats) {
  PrintTables(stats);
  if (!stats.verdicts.empty()) fmt::print("\nin quarantine\n");
  for (const auto& [verdict, count] : stats.verdicts) fmt::print("  {:<24} {:>12}\n", verdict, count);
  if (!stats.steps.empty()) {
    fmt::print("\n{} runs, the last at {}, with {} of {} memory\n", stats.runs,
               FormatTimestamp(stats.last_run_ms), FormatByteSize(stats.memory_peak),
               FormatByteSize(stats.memory_budget));
    fmt::print("{:<26} {:>12} {:>8} {:>11} {:>11}\n", "step", "rows a s", "times", "half below", "95% below");
  }
  for (const auto& [name, step] : stats.steps) {
    const double rate =
        step.latencies.seconds > 0 ? static_cast<double>(step.rows_in) / step.latencies.seconds : 0;
    fmt::print("{:<26} {:>12.0f} {:>8} {:>11} {:>11}\n", name, rate, step.latencies.count,
               Seconds(step.latencies.Quantile(0.5)), Seconds(step.latencies.Quantile(0.95)));
  }
  if (!stats.queries.empty())
    fmt::print("\n{:<26} {:>12} {:>8} {:>11} {:>11}\n", "queries of late", "files left", "times",
               "half below", "95% below");
  for (const auto& [kind, query] : stats.queries) {
    const std::string left =
        query.files == 0
            ? ""
            : fmt::format("{:.0f}%", 100.0 * static_cast<double>(query.files - query.files_skipped) /
                                         static_cast<double>(query.files));
    fmt::print("{:<26} {:>12} {:>8} {:>11} {:>11}\n", kind, left, query.latencies.count,
               Seconds(query.latencies.Quantile(0.5)), Seconds(query.latencies.Quantile(0.95)));
  }
  if (stats.batches_waiting > 0)
    fmt::print("\n{} batches of an interrupted ingest wait; the next ingest commits them\n",
               stats.batches_waiting);
}

Status Run(StatsOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const engine::LakeStats stats, engine::StatsOf(*session));
  if (options->common.json) {
    PrintJson(ToJson(stats));
  } else if (options->prometheus) {
    fmt::print("{}", engine::ToPrometheus(stats));
  } else {
    Print(stats);
  }
  return Status::OK();
}

}  // namespace

void AddStatsCommand(CLI::App* program) {
  const auto options = std::make_shared<StatsOptions>();
  CLI::App* command = program->add_subcommand(
      "stats",
      "Tell what a lake holds and what its runs and queries took: rows, sizes, what VACUUM would free,\n"
      "rates and latencies.");
  command->add_flag("--prometheus", options->prometheus, "As Prometheus reads it (text format)");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
