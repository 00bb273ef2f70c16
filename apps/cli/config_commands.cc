// What a lake is told by config/settings.yaml: checked, shown, and the schema by which editors know it.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/config/config.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ConfigOptions {
  CommonOptions common;
  std::string file = "config/settings.yaml";
  std::string of = "settings";  // whose schema
};

// A problem with the file it is in.
struct FoundIn {
  std::string file;
  std::vector<settings::Problem> problems;
};

Status WrongConfig(const std::vector<FoundIn>& found, bool as_json) {
  std::string text;
  Json problems = Json::array();
  for (const FoundIn& one : found) {
    if (one.problems.empty()) continue;
    text += (text.empty() ? "" : "\n  ") + settings::ProblemsText(one.file, one.problems);
    for (const settings::Problem& problem : one.problems) {
      problems.push_back({{"file", one.file},
                          {"line", problem.place.line},
                          {"column", problem.place.column},
                          {"key", problem.key},
                          {"what", problem.what}});
    }
  }
  const Status wrong = Error(ErrorCode::kUsage, text);
  if (!as_json) return wrong;
  PrintJson({{"status", "error"},
             {"error", {{"code", CodeName(CodeOf(wrong))}, {"message", text}}},
             {"problems", std::move(problems)}});
  return Reported(wrong);
}

Status RunConfigCheck(const ConfigOptions& options) {
  PL_ASSIGN_OR_RETURN(settings::Reading reading, settings::ExamineSettings(options.file));
  const settings::Settings& read = reading.settings;
  std::vector<FoundIn> found = {{options.file, std::move(reading.problems)}};
  const std::string logging = engine::LoggingFileBeside(options.file);
  if (!logging.empty()) {
    PL_ASSIGN_OR_RETURN(settings::LoggingReading beside, settings::ExamineLogging(logging));
    found.push_back({logging, std::move(beside.problems)});
  }
  if (!found.front().problems.empty() || !found.back().problems.empty())
    return WrongConfig(found, options.common.json);
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"file", options.file},
               {"logging_file", logging.empty() ? Json() : Json(logging)},
               {"root", read.root},
               {"sources", read.sources.size()},
               {"checks", read.checks.size()},
               {"steps", read.steps.size()},
               {"problems", Json::array()}});
  } else {
    Note("{} is right: sources {}, checks {}, steps of its own {}\n", options.file, read.sources.size(),
         read.checks.size(), read.steps.size());
    if (!logging.empty()) Note("{} is right\n", logging);
  }
  return Status::OK();
}

Status RunConfigShow(const ConfigOptions& options) {
  PL_ASSIGN_OR_RETURN(const settings::Settings read, settings::ReadSettings(options.file));
  const std::string file = engine::LoggingFileBeside(options.file);
  settings::Logging logging;
  if (!file.empty()) {
    PL_ASSIGN_OR_RETURN(logging, settings::ReadLogging(file));
  }
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"file", options.file},
               {"root", read.root},
               {"settings", Json::parse(settings::EffectiveJson(read))},
               {"logging", file.empty() ? Json() : Json::parse(settings::EffectiveJson(logging))}});
    return Status::OK();
  }
  fmt::print("# {}\n{}", options.file, settings::EffectiveYaml(read));
  if (!file.empty()) fmt::print("\n# {}\n{}", file, settings::EffectiveYaml(logging));
  return Status::OK();
}

Status PrintSchema(const ConfigOptions& options) {
  // One JSON object with --json or without.
  fmt::print("{}", options.of == "logging" ? settings::LoggingSchema() : settings::SettingsSchema());
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
  } else {
    command->add_option("FILE", options->of, "Of `settings` (settings.yaml) or `logging` (logging.yaml)")
        ->check(CLI::IsMember({"settings", "logging"}))
        ->capture_default_str();
  }
  AddCommonOptions(command, &options->common);
  HideOptions(command, {"--memory", "--threads", "--no-sync"});
  OnCommand(command, &options->common, [options, run] { return run(*options); });
}

}  // namespace

void AddConfigCommand(CLI::App* program) {
  CLI::App* group =
      program->add_subcommand("config", "Settings of a lake: config/settings.yaml, config/logging.yaml");
  group->require_subcommand(1);
  AddConfigAction(group, "check", "Whether settings are right; all that is wrong, with line and column", true,
                  RunConfigCheck);
  AddConfigAction(group, "show", "What is in force, defaults included; secrets are hidden", true,
                  RunConfigShow);
  AddConfigAction(group, "schema", "The JSON Schema of the settings or of the logging, for editors", false,
                  PrintSchema);
}

}  // namespace pixlake::cli
