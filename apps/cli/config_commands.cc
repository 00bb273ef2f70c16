// What a lake is told by config/settings.yaml: checked, shown, and the schema by which editors know it.
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "engine/config/config.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ConfigOptions {
  CommonOptions common;
  std::string file = "config/settings.yaml";
};

Status RunConfigCheck(const ConfigOptions& options) {
  PL_ASSIGN_OR_RETURN(const settings::Reading reading, settings::ExamineSettings(options.file));
  const settings::Settings& read = reading.settings;
  if (reading.problems.empty()) {
    if (options.common.json) {
      PrintJson({{"status", "ok"},
                 {"file", options.file},
                 {"root", read.root},
                 {"sources", read.sources.size()},
                 {"checks", read.checks.size()},
                 {"steps", read.steps.size()},
                 {"problems", Json::array()}});
    } else {
      Note("{} is right: sources {}, checks {}, steps of its own {}\n", options.file, read.sources.size(),
           read.checks.size(), read.steps.size());
    }
    return Status::OK();
  }
  const Status wrong = Error(ErrorCode::kUsage, settings::ProblemsText(options.file, reading.problems));
  if (!options.common.json) return wrong;
  Json problems = Json::array();
  for (const settings::Problem& problem : reading.problems) {
    problems.push_back({{"line", problem.place.line},
                        {"column", problem.place.column},
                        {"key", problem.key},
                        {"what", problem.what}});
  }
  PrintJson({{"status", "error"},
             {"error", {{"code", CodeName(CodeOf(wrong))}, {"message", wrong.message()}}},
             {"file", options.file},
             {"problems", std::move(problems)}});
  return Reported(wrong);
}

Status RunConfigShow(const ConfigOptions& options) {
  PL_ASSIGN_OR_RETURN(const settings::Settings read, settings::ReadSettings(options.file));
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"file", options.file},
               {"root", read.root},
               {"settings", Json::parse(settings::EffectiveJson(read))}});
  } else {
    fmt::print("{}", settings::EffectiveYaml(read));
  }
  return Status::OK();
}

Status RunSchema() {
  // One JSON object with --json or without.
  fmt::print("{}", settings::SettingsSchema());
  return Status::OK();
}

template <typename Run>
void AddConfigAction(CLI::App* group, const char* name, const char* help, bool takes_file, Run run) {
  const auto options = std::make_shared<ConfigOptions>();
  CLI::App* command = group->add_subcommand(name, help);
  if (takes_file) {
    command->add_option("--config", options->file, "The settings")
        ->type_name("FILE")
        ->check(NotEmpty())
        ->capture_default_str();
  }
  AddCommonOptions(command, &options->common);
  HideOptions(command, {"--memory", "--threads", "--no-sync"});
  OnCommand(command, &options->common, [options, run] { return run(*options); });
}

}  // namespace

void AddConfigCommand(CLI::App* program) {
  CLI::App* group = program->add_subcommand("config", "Settings of a lake: config/settings.yaml");
  group->require_subcommand(1);
  AddConfigAction(group, "check", "Whether settings are right; all that is wrong, with line and column", true,
                  RunConfigCheck);
  AddConfigAction(group, "show", "What is in force, defaults included; secrets are hidden", true,
                  RunConfigShow);
  AddConfigAction(group, "schema", "The JSON Schema of the settings, for editors", false,
                  [](const ConfigOptions&) { return RunSchema(); });
}

}  // namespace pixlake::cli
