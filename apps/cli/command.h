// What every command has in common: shared options, output, exit status.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "engine/inspect.h"
#include "engine/session.h"

namespace pixlake::cli {

// Exit statuses (a contract).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kSomeQuarantined = 3;
inline constexpr int kNotAllDone = 1;

// Keys stay in the order they are set: people read them.
using Json = nlohmann::ordered_json;

struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool no_sync = false;
  std::string memory;
  int threads = 0;
  std::string lake;
};

// --json, --quiet, --memory, --threads, --no-sync, on any command.
void AddCommonOptions(CLI::App* command, CommonOptions* options);

// For options whose empty text would silently mean "not given".
CLI::Validator NotEmpty();

// --lake, for commands that take a table by its name.
CLI::Option* AddLakeOption(CLI::App* command, CommonOptions* options);

// --check, --sandbox, --max-pixels, --max-seconds, for commands that judge images.
void AddExamineOptions(CLI::App* command, sandbox::ExamineOptions* options);

Result<std::unique_ptr<engine::Session>> MakeSession(const CommonOptions& options);

// Arranges that `body` runs after parsing when `command` was chosen; its status
// becomes the exit status and, on an error, the message.
void OnCommand(CLI::App* command, const CommonOptions* options, std::function<Status()> body);

// A command of `table` on one table: TABLE, --lake and what every command has; `run` as with
// OnCommand.
CLI::App* AddTableAction(CLI::App* group, const char* name, const char* help, std::string* table,
                         CommonOptions* options, std::function<Status()> run);

// The exit status when the command's work is done, but not in the plainest sense.
void ExitWith(int status);

// --version N and --as-of TIME; `what` is the table "as it was", or "the source".
void AddVersionOptions(CLI::App* command, table::VersionSpec* version, const std::string& what);

// Prints one JSON object (indented when stdout is a terminal).
void PrintJson(const Json& object);

// Marks an error whose `--json` object the command has printed itself.
Status Reported(Status status);

// Parses, runs the chosen command, flushes; the process's exit status.
int RunProgram(CLI::App* program, int argc, char** argv);

// Each adds itself and its options to the program.
void AddMnistCommand(CLI::App* program);  // as `mnist-to-delta`
void SetUpMnist(CLI::App* command);       // the program `mnist-to-delta` itself
void AddInitCommand(CLI::App* program);
void AddIngestCommand(CLI::App* program);
void AddInspectCommand(CLI::App* program);
void AddMetadataCommand(CLI::App* program);
void AddSqlCommand(CLI::App* program);
void AddCatCommand(CLI::App* program);
void AddTableCommand(CLI::App* program);
void AddChangesCommand(CLI::App* group);  // as `pixlake table changes`
void AddChangeCommands(CLI::App* group);  // as `pixlake table delete` and so on
void AddSchemaCommands(CLI::App* group);  // as `pixlake table create` and `alter`
void AddUpkeepCommands(CLI::App* group);  // of `table`
void AddCareCommands(CLI::App* group);    // of `table`: check, analyze, compact-log, clone
void AddKernelsCommand(CLI::App* program);
void AddVersionCommand(CLI::App* program);
void AddExportCommand(CLI::App* program);
void AddShowCommand(CLI::App* program);
void AddQuarantineCommand(CLI::App* program);
void AddCompletionCommand(CLI::App* program);

Json ObjectOf(const std::map<std::string, std::string>& values);

}  // namespace pixlake::cli
