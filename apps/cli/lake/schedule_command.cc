// pixlake schedule
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/stop/stop_token.h"
#include "base/time/duration.h"
#include "engine/schedule/schedule.h"

#include "cli/command.h"
#include "cli/lake/lake_settings.h"

extern char** environ;

namespace pixlake::cli {
namespace {

struct ScheduleOptions {
  CommonOptions common;
  std::string config;
  bool list = false;
  bool once = false;
};

// A process of its own: what it took it gives back, and what ends it does not end the others.
Result<int> RunProcess(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ);
  if (failed != 0) return ErrnoError(failed, "starting", arguments[1]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return ErrnoError(errno, "waiting for", arguments[1]);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::string> ArgumentsOf(const ScheduleOptions& options, const engine::DueTask& task,
                                     const std::string& file) {
  std::vector<std::string> arguments = {"pixlake", task.command};
  if (file.empty()) {
    arguments.insert(arguments.end(), {"--lake", options.common.lake});
  } else {
    arguments.insert(arguments.end(), {"--config", file});
  }
  for (const std::string& step : task.steps) {
    if (task.command == "run") arguments.insert(arguments.end(), {"--only", step});
    if (task.command == "maintain") arguments.push_back(step);
  }
  if (options.common.no_sync) arguments.emplace_back("--no-sync");
  return arguments;
}

Json ToJson(const engine::DueTask& task) {
  return {{"name", task.name},
          {"command", task.command},
          {"steps", task.steps},
          {"last", task.last_ms > 0 ? Json(FormatTimestamp(task.last_ms)) : Json()},
          {"due", FormatTimestamp(task.due_ms)}};
}

Status List(const ScheduleOptions& options, const std::vector<engine::DueTask>& tasks) {
  Json list = Json::array();
  for (const engine::DueTask& task : tasks) {
    if (options.common.json) {
      list.push_back(ToJson(task));
    } else {
      fmt::print("{:<20} {:<10} {}  {}\n", task.name, task.command, FormatTimestamp(task.due_ms),
                 fmt::join(task.steps, " "));
    }
  }
  if (options.common.json) PrintJson({{"status", "ok"}, {"schedules", std::move(list)}});
  return Status::OK();
}

Status WaitUntil(int64_t due_ms) {
  while (NowMillis() < due_ms) {
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min<int64_t>(due_ms - NowMillis(), 200)));
  }
  return CheckStopped();
}

Status Run(ScheduleOptions* options) {
  settings::Settings settings;
  PL_RETURN_NOT_OK(FindSettings(options->config, &options->common, &settings));
  if (settings.schedules.empty())
    return Error(ErrorCode::kUsage, "the settings have no `schedules`; say in them what is done when");
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  const StopScope scope = session->Enter();
  if (!options->list) PL_RETURN_NOT_OK(engine::NoteKnown(*session, settings, NowMillis()));
  while (true) {
    PL_ASSIGN_OR_RETURN(const auto tasks, engine::DueTasks(*session, settings, NowMillis()));
    if (options->list) return List(*options, tasks);
    const engine::DueTask& task = tasks.front();
    if (options->once && task.due_ms > NowMillis()) return Status::OK();
    PL_RETURN_NOT_OK(WaitUntil(task.due_ms));
    PL_RETURN_NOT_OK(engine::NoteBegun(*session, task, NowMillis()));
    const std::vector<std::string> arguments = ArgumentsOf(*options, task, settings.file);
    fmt::print(stderr, "{} {}: {}\n", FormatTimestamp(NowMillis()), task.name, fmt::join(arguments, " "));
    PL_ASSIGN_OR_RETURN(const int status, RunProcess(arguments));
    PL_RETURN_NOT_OK(CheckStopped());
    // What failed is told, and tried again when it is due again.
    if (status != kDone && status != kSomeQuarantined)
      fmt::print(stderr, "{} {}: it ended with exit status {}\n", FormatTimestamp(NowMillis()), task.name,
                 status);
  }
}

}  // namespace

void AddScheduleCommand(CLI::App* program) {
  const auto options = std::make_shared<ScheduleOptions>();
  CLI::App* command = program->add_subcommand("schedule",
                                              "Do what the settings' `schedules` say, when they say it, "
                                              "until it is stopped. Each is a process of its own;\n"
                                              "one that fails is told, and done again when it is due again.");
  AddConfigOption(command, &options->config);
  command->add_flag("--list", options->list, "Say what is due when; do nothing");
  command->add_flag("--once", options->once, "Do what is due by now and end: for cron and systemd's timers");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
