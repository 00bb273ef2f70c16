// pixlake maintain
#include <memory>

#include "base/memory/byte_size.h"
#include "engine/upkeep/maintain.h"

#include "cli/command.h"
#include "cli/lake/lake_settings.h"

namespace pixlake::cli {
namespace {

struct MaintainOptions {
  CommonOptions common;
  std::string config;
  engine::MaintainRequest request;
};

Json ToJson(const pipeline::MaintainReport& report) {
  Json out = {{"table", report.table},     {"what", report.what},      {"due", report.due},
              {"changed", report.changed}, {"words", report.words},    {"files", report.files},
              {"bytes", report.bytes},     {"seconds", report.seconds}};
  if (!report.problem.ok()) out["problem"] = report.problem.message();
  return out;
}

void PrintLine(const pipeline::MaintainReport& report) {
  if (!report.problem.ok()) {
    fmt::print(stderr, "pixlake: {} of {}: {}\n", report.what, report.table, report.problem.message());
    return;
  }
  Note("{:<24} {:<10} {}\n", report.table, report.what, report.words);
}

Status Run(MaintainOptions* options) {
  engine::MaintainRequest& request = options->request;
  PL_RETURN_NOT_OK(FindSettings(options->config, &options->common, &request.settings));
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  request.on_wait = [] { fmt::print(stderr, "pixlake: somebody is at work in this lake; waiting\n"); };
  PL_ASSIGN_OR_RETURN(const engine::MaintainOutcome outcome, engine::Maintain(*session, request));
  int64_t failed = 0;
  Json reports = Json::array();
  for (const pipeline::MaintainReport& report : outcome.reports) {
    failed += report.problem.ok() ? 0 : 1;
    if (options->common.json) {
      reports.push_back(ToJson(report));
    } else {
      PrintLine(report);
    }
  }
  if (options->common.json)
    PrintJson({{"status", failed == 0 ? "ok" : "incomplete"}, {"upkeep", std::move(reports)}});
  if (failed == 0) return Status::OK();
  return Reported(Error(ErrorCode::kIo, fmt::format("{} could not be done; the rest was", failed)));
}

}  // namespace

void AddMaintainCommand(CLI::App* program) {
  const auto options = std::make_shared<MaintainOptions>();
  CLI::App* command = program->add_subcommand(
      "maintain",
      "Keep a lake's tables in order as its settings say: small files become larger ones, rows are "
      "arranged,\n"
      "statistics collected, files that no version needs any more deleted. What is not due is left alone.");
  command
      ->add_option("TABLE", options->request.tables,
                   "These tables alone, by their names; all, when not given")
      ->check(NotEmpty());
  AddConfigOption(command, &options->config);
  command->add_flag("--plan", options->request.plan, "Say what would be done and why; do nothing");
  command->add_flag("--now", options->request.now, "Also what is not due yet");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
