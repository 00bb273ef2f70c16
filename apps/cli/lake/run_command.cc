#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/time/duration.h"
#include "engine/config/config.h"
#include "engine/report/report.h"
#include "engine/run/run.h"
#include "engine/run/run_log.h"

#include "cli/command.h"
#include "cli/lake/lake_settings.h"

namespace pixlake::cli {
namespace {

struct RunCommandOptions {
  CommonOptions common;
  engine::RunRequest request;
  std::string config;
  std::string page;  // of what checks said; empty: none
  std::string since;
  bool graph = false;
  bool svg = false;
};

const char* ModeName(pipeline::StepMode mode) {
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

Json ToJson(const engine::RunReport& report, bool plan) {
  Json steps = Json::array();
  if (!report.ingested.empty()) {
    int64_t items = 0, images = 0, quarantined = 0;
    for (const ingest::LakeIngestReport& one : report.ingested) {
      items += one.items;
      images += one.added.images;
      quarantined += one.added.quarantined;
    }
    steps.push_back({{"name", "ingest"},
                     {"rows_in", items},
                     {"rows_out", images},
                     {"seconds", report.ingest_seconds},
                     {"quarantined", quarantined}});
  }
  for (const pipeline::StepReport& step : report.steps) {
    Json one = {{"name", step.name}, {"mode", ModeName(step.mode)}, {"reason", step.reason}};
    if (!plan) {
      one["rows_in"] = step.rows_in;
      one["rows_out"] = step.rows_out;
      one["rows_removed"] = step.rows_removed;
      one["keys"] = step.keys;
      one["seconds"] = step.seconds;
      one["retries"] = step.retries;
      if (step.version >= 0) one["version"] = step.version;
    }
    steps.push_back(std::move(one));
  }
  Json out = {{"status", "ok"}, {"steps", std::move(steps)}};
  if (plan) return out;
  out["checks"] = Json::array();
  for (const pipeline::CheckResult& check : report.checks) {
    out["checks"].push_back({{"name", check.check},
                             {"table", check.table},
                             {"kind", check.kind},
                             {"severity", check.severity},
                             {"passed", check.passed ? Json(*check.passed) : Json()},
                             {"rows_checked", check.rows_checked},
                             {"rows_failed", check.rows_failed},
                             {"message", check.message},
                             {"news", check.is_news}});
  }
  return out;
}

void PrintReport(const engine::RunReport& report, bool plan) {
  for (const ingest::LakeIngestReport& one : report.ingested) {
    Note("{:<12} {:>9} met, {} new images, {} quarantined, {:.2f} s\n", "ingest", one.items, one.added.images,
         one.added.quarantined, report.ingest_seconds);
  }
  for (const pipeline::StepReport& step : report.steps) {
    if (plan || step.mode == pipeline::StepMode::kNothing) {
      Note("{:<12} {:>9} ({})\n", step.name, ModeName(step.mode), step.reason);
    } else {
      Note("{:<12} {:>9} in, {} out, {:.2f} s ({})\n", step.name, step.rows_in, step.rows_out, step.seconds,
           step.reason);
    }
  }
  for (const pipeline::CheckResult& check : report.checks) {
    if (check.passed == false)
      Note("check {} of {} fails: {} ({})\n", check.check, check.table, check.message, check.severity);
  }
}

Status ReadSince(const RunCommandOptions& options, std::optional<int64_t>* since_ms) {
  if (options.since.empty()) return Status::OK();
  if (const auto ago = ParseDuration(options.since); ago.ok()) {
    *since_ms = NowMillis() - *ago;
    return Status::OK();
  }
  const auto time = ParseTimestamp(options.since);
  if (!time.ok()) {
    return Error(ErrorCode::kUsage,
                 fmt::format("--since {}: expected a time (2026-11-01, 2026-11-01T10:00:00Z) or how long ago "
                             "(90m, 12h, 7d)",
                             options.since));
  }
  *since_ms = *time;
  return Status::OK();
}

Status Run(RunCommandOptions* options) {
  engine::RunRequest& request = options->request;
  PL_RETURN_NOT_OK(FindSettings(options->config, &options->common, &request.settings));
  request.lake = options->common.lake;
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  if (options->graph || options->svg) {
    PL_ASSIGN_OR_RETURN(Output* const output, session->output());
    PL_ASSIGN_OR_RETURN(const std::string graph, engine::RunGraph(*session, request, options->svg));
    return output->Write(graph);
  }
  PL_RETURN_NOT_OK(ReadSince(*options, &request.options.since_ms));
  request.options.on_wait = [] {
    fmt::print(stderr, "pixlake: another run is at work in this lake; waiting for it\n");
  };
  PL_RETURN_NOT_OK(engine::StartRunLog(request));
  const Result<engine::RunReport> done = engine::Run(*session, request);
  engine::LogRun(request, done);
  // A run that a check stopped has most to show.
  const bool shows = !options->page.empty() && !request.options.plan;
  if (shows && (done.ok() || CodeOf(done.status()) == ErrorCode::kSchemaMismatch)) {
    engine::ReportRequest page;
    page.output = options->page;
    const Status shown = engine::WriteReport(*session, page).status();
    PL_RETURN_NOT_OK(done.status());
    PL_RETURN_NOT_OK(shown);
  }
  PL_ASSIGN_OR_RETURN(const engine::RunReport report, done);
  if (options->common.json) {
    PrintJson(ToJson(report, request.options.plan));
  } else {
    PrintReport(report, request.options.plan);
  }
  for (const ingest::LakeIngestReport& one : report.ingested) {
    if (one.added.quarantined + one.added.failed_again > 0) ExitWith(kSomeQuarantined);
  }
  if (report.quarantined > 0) ExitWith(kSomeQuarantined);
  return Status::OK();
}

}  // namespace

void AddRunCommand(CLI::App* program) {
  const auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = program->add_subcommand(
      "run",
      "Bring a lake up to date: take in what is new of its sources, then make what follows from it, from\n"
      "raw to curated tables. Only what changed is worked on; interrupted, run it again.");
  command
      ->add_option("SOURCE", options->request.sources,
                   "Sources beside those of the settings, as `pixlake ingest` takes them")
      ->check(NotEmpty());
  AddConfigOption(command, &options->config);
  command
      ->add_option("--report", options->page,
                   "Then write what checks said as an HTML page, as `pixlake report` does")
      ->type_name("FILE")
      ->check(NotEmpty());
  command->add_flag("--plan", options->request.options.plan, "Say what would be done and why; do nothing");
  command->add_option("--only", options->request.options.only, "Only this step; `ingest` is one (repeatable)")
      ->type_name("STEP")
      ->check(NotEmpty());
  command->add_flag("--anew", options->request.options.anew,
                    "Make the steps' tables again, all of each; with --only those of these steps");
  command
      ->add_option(
          "--since", options->since,
          "Make again what follows from changes since then: a time (2026-11-01, 2026-11-01T10:00:00Z)\n"
          "or how long ago (90m, 12h, 7d)")
      ->type_name("WHEN")
      ->check(NotEmpty());
  command->add_flag("--graph", options->graph, "Print the steps as a Mermaid flowchart");
  command->add_flag("--svg", options->svg, "Print them as a picture, SVG");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
