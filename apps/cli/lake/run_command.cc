#include <memory>

#include <fmt/format.h>

#include "engine/run/run.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct RunCommandOptions {
  CommonOptions common;
  engine::RunRequest request;
  std::vector<std::string> sources;
  bool graph = false;
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
  return {{"status", "ok"}, {"steps", std::move(steps)}};
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
}

Status Run(RunCommandOptions* options) {
  engine::RunRequest& request = options->request;
  if (options->graph) {
    PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
    PL_ASSIGN_OR_RETURN(Output* const output, session->output());
    PL_ASSIGN_OR_RETURN(const std::string graph, engine::RunGraph(request));
    return output->Write(graph);
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  if (!options->sources.empty()) {
    engine::IngestRequest source;
    source.sources = options->sources;
    source.lake = options->common.lake;
    source.options.examine.describe = true;
    request.sources.push_back(std::move(source));
  }
  request.options.on_wait = [] {
    fmt::print(stderr, "pixlake: another run is at work in this lake; waiting for it\n");
  };
  PL_ASSIGN_OR_RETURN(const engine::RunReport report, engine::Run(*session, request));
  if (options->common.json) {
    PrintJson(ToJson(report, request.options.plan));
  } else {
    PrintReport(report, request.options.plan);
  }
  for (const ingest::LakeIngestReport& one : report.ingested) {
    if (one.added.quarantined + one.added.failed_again > 0) ExitWith(kSomeQuarantined);
  }
  return Status::OK();
}

}  // namespace

void AddRunCommand(CLI::App* program) {
  const auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = program->add_subcommand("run", "Take in what is new and bring every table up to date.");
  command->add_option("SOURCE", options->sources, "Folders, archives, URLs, as `pixlake ingest` takes them");
  command->add_flag("--plan", options->request.options.plan, "Say what would be done and why; do nothing");
  command->add_option("--only", options->request.options.only, "Only this step (repeatable)")
      ->type_name("STEP")
      ->check(NotEmpty());
  command->add_flag("--graph", options->graph, "Print the steps as a Mermaid flowchart");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
