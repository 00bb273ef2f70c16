// What every command has in common: shared options, output, exit status.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "engine/chosen_rows.h"
#include "engine/inspect.h"
#include "engine/session.h"

namespace pixlake::cli {

// Exit statuses (a contract).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kSomeQuarantined = 3;
inline constexpr int kNotAllDone = 1;
inline constexpr int kInterrupted = 130;  // 128 + SIGINT, as a shell says it
inline constexpr int kReaderGone = 141;   // 128 + SIGPIPE: whoever read our output has gone

// Keys stay in the order they are set: people read them.
using Json = nlohmann::ordered_json;

struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool no_sync = false;
  std::string memory;
  int threads = 0;
  std::string lake;
  bool finds_lake = false;  // where none is named, the lake that the working folder is in
};

// --json, --quiet, --memory, --threads, --no-sync, on any command.
void AddCommonOptions(CLI::App* command, CommonOptions* options);

// Options that every command understands, but that mean nothing to this one: not in its help.
void HideOptions(CLI::App* command, std::initializer_list<const char*> names);

// Prints to standard output what is said of the work done, unless --quiet was given.
bool IsQuiet();
template <typename... Arguments>
void Note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (!IsQuiet()) fmt::print(format, std::forward<Arguments>(arguments)...);
}

// For options whose empty text would silently mean "not given".
CLI::Validator NotEmpty();

// The lake in which the working folder is: itself or one above it; empty: it is in none.
std::string LakeHere();

// --lake, for commands that take a table by its name.
CLI::Option* AddLakeOption(CLI::App* command, CommonOptions* options);

// --check, --sandbox, --max-pixels, --max-seconds, for commands that judge images.
void AddExamineOptions(CLI::App* command, sandbox::ExamineOptions* options);

// `count`: see ConsoleOutput.
Result<std::unique_ptr<engine::Session>> MakeSession(const CommonOptions& options,
                                                     std::function<int64_t()> count = {});

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

// --where, --id, --limit, and AddVersionOptions'; `most` is what --limit says.
void AddRowOptions(CLI::App* command, engine::RowChoice* rows, const std::string& most);

// Prints one JSON object (indented when stdout is a terminal).
void PrintJson(const Json& object);

// "0.1.0", and with the commit it was built of "0.1.0 (1a2b3c4)".
std::string VersionText();

// Marks an error whose `--json` object the command has printed itself.
Status Reported(Status status);

// Parses, runs the chosen command, flushes; the process's exit status.
int RunProgram(CLI::App* program, int argc, char** argv);

// Each adds itself and its options to the program.
void AddMnistCommand(CLI::App* program);  // as `mnist-to-delta`
void SetUpMnist(CLI::App* command);       // the program `mnist-to-delta` itself
void AddInitCommand(CLI::App* program);
void AddConfigCommand(CLI::App* program);
void AddIngestCommand(CLI::App* program);
void AddInspectCommand(CLI::App* program);
void AddRunCommand(CLI::App* program);
void AddCatalogCommand(CLI::App* program);
void AddScheduleCommand(CLI::App* program);
void AddMaintainCommand(CLI::App* program);
void AddStatsCommand(CLI::App* program);
void AddMetadataCommand(CLI::App* program);
void AddProfileCommand(CLI::App* program);
void AddReportCommand(CLI::App* program);
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
void AddHelpCommand(CLI::App* program);

Json ObjectOf(const std::map<std::string, std::string>& values);

}  // namespace pixlake::cli
