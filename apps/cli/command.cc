#include "cli/command.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "base/stop/interrupt.h"

#include "cli/console_output.h"

namespace pixlake::cli {
namespace {

// The command that was chosen; it runs after parsing, outside CLI11's own try.
struct Chosen {
  std::function<Status()> body;
  bool json = false;
};
Chosen g_chosen;
bool g_reported = false;
// As a program that SIGPIPE ends: 128 + 13.
constexpr int kReaderGone = 141;
int g_exit_status = kDone;

// Whoever read what we write has had enough (`| head`): no fault, and nobody to tell.
bool ReaderIsGone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int Report(const Status& status, bool json) {
  if (status.ok()) return kDone;
  if (CodeOf(status) == ErrorCode::kIo && ReaderIsGone()) return kReaderGone;
  const ErrorCode code = CodeOf(status);
  std::string message = status.message();
  // One error a line: Arrow's messages may bring their own call stack.
  if (const size_t stack = message.find("\n/"); stack != std::string::npos) message.resize(stack);
  fmt::print(stderr, "pixlake: error: {}\n", message);
  if (json && !g_reported)
    PrintJson({{"status", "error"}, {"error", {{"code", CodeName(code)}, {"message", message}}}});
  return code == ErrorCode::kUsage ? kWrongUsage : kFailed;
}

bool AskedForJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) return false;
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

// CLI11 only says that a command is required; a person wants to know which word was none.
Status CheckCommandNames(const CLI::App* program, int argc, char** argv) {
  const CLI::App* at = program;
  for (int i = 1; i < argc && argv[i][0] != '-' && at->get_require_subcommand_min() > 0; ++i) {
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    const auto every = [](const CLI::App*) { return true; };
    for (const CLI::App* command : at->get_subcommands(every)) {
      names.push_back(command->get_name());
      if (names.back() == argv[i]) next = command;
    }
    if (next == nullptr) {
      return Error(ErrorCode::kUsage,
                   fmt::format("there is no command '{}'; there are: {}", argv[i], fmt::join(names, ", ")));
    }
    at = next;
  }
  return Status::OK();
}

int Parse(CLI::App* program, int argc, char** argv) {
  const Status named = CheckCommandNames(program, argc, argv);
  if (!named.ok()) return Report(named, AskedForJson(argc, argv));
  try {
    program->parse(argc, argv);
    return kDone;
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // --help
      program->exit(e);
      return -1;
    }
    program->exit(e, std::cerr, std::cerr);
    if (AskedForJson(argc, argv))
      PrintJson({{"status", "error"}, {"error", {{"code", "usage"}, {"message", e.what()}}}});
    return kWrongUsage;
  }
}

Status RunChosen() {
  try {
    return g_chosen.body();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverBudget,
                 "out of memory; run again with a smaller --memory or fewer --threads");
  } catch (const std::exception& e) {
    return Error(ErrorCode::kInternal, std::string("unexpected: ") + e.what());
  }
}

}  // namespace

void AddExamineOptions(CLI::App* command, sandbox::ExamineOptions* options) {
  const std::string group = "Judging images";
  command
      ->add_option_function<std::string>(
          "--check",
          [options](const std::string& name) { options->check = *image::CheckLevelFromName(name); },
          "header: what headers and structure tell; full: decode every pixel of every frame")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"header", "full"}))
      ->default_str("header")
      ->group(group);
  command
      ->add_flag_callback(
          "--sandbox", [options] { options->sandbox = sandbox::Sandbox::kAlways; },
          "Look at every image in processes that can do nothing else; what was fetched is always decoded "
          "there")
      ->group(group);
  command
      ->add_flag_callback(
          "--no-sandbox", [options] { options->sandbox = sandbox::Sandbox::kNever; },
          "Decode in this process, what was fetched too")
      ->group(group);
  command->add_option("--max-pixels", options->max_pixels, "Images of more pixels a frame are bombs")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str()
      ->group(group);
  command
      ->add_option_function<double>(
          "--max-seconds",
          [options](double seconds) { options->max_millis = static_cast<int64_t>(seconds * 1000); },
          "Images that take longer to decode are bombs")
      ->check(CLI::Range(0.001, 86400.0))
      ->default_str("60")
      ->group(group);
}

CLI::Validator NotEmpty() {
  return CLI::Validator(
      [](const std::string& value) { return value.empty() ? "it is empty" : std::string(); }, "");
}

void AddVersionOptions(CLI::App* command, table::VersionSpec* version, const std::string& what) {
  auto* number =
      command->add_option("--version", version->version, what + " at this version")->type_name("N");
  const CLI::Validator is_time(
      [](const std::string& text) {
        const auto time = ParseTimestamp(text);
        return time.ok() ? std::string() : time.status().message();
      },
      "");
  command
      ->add_option_function<std::string>(
          "--as-of", [version](const std::string& text) { version->as_of_ms = *ParseTimestamp(text); },
          what + " at this time (UTC unless it says otherwise)")
      ->type_name("TIME")
      ->check(NotEmpty())
      ->check(is_time)
      ->excludes(number);
}

void AddCommonOptions(CLI::App* command, CommonOptions* options) {
  const std::string group = "Common options";
  command->add_flag("--json", options->json, "Print one JSON object on standard output, nothing else there")
      ->group(group);
  command->add_flag("-q,--quiet", options->quiet, "No progress bar")->group(group);
  command
      ->add_option("--memory", options->memory,
                   "Most memory to use, e.g. 256MB (default: a quarter of the machine's)")
      ->type_name("SIZE")
      ->check(NotEmpty())
      ->group(group);
  command->add_option("--threads", options->threads, "Threads to use (default: one a core)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024))
      ->group(group);
  command->add_flag("--no-sync", options->no_sync, "Do not wait for the disk before reporting success")
      ->group(group);
}

CLI::Option* AddLakeOption(CLI::App* command, CommonOptions* options) {
  return command
      ->add_option("--lake", options->lake, "The lake whose tables have names (environment PIXLAKE_LAKE)")
      ->type_name("LAKE")
      ->envname("PIXLAKE_LAKE");
}

Result<std::unique_ptr<engine::Session>> MakeSession(const CommonOptions& options) {
  engine::SessionOptions session_options;
  session_options.lake = options.lake;
  if (!options.memory.empty()) {
    PL_ASSIGN_OR_RETURN(session_options.memory_bytes, ParseByteSize(options.memory));
    if (session_options.memory_bytes == 0)
      return Error(ErrorCode::kUsage, "--memory 0 leaves nothing to work with");
  }
  session_options.threads = options.threads;
  session_options.sync = !options.no_sync;
  session_options.stop = ProcessStopToken();
  session_options.output = std::make_shared<ConsoleOutput>(!options.quiet && !options.json);
  return engine::MakeSession(session_options);
}

void OnCommand(CLI::App* command, const CommonOptions* options, std::function<Status()> body) {
  command->callback([options, body = std::move(body)] {
    g_chosen = {body, options != nullptr && options->json};
  });
}

CLI::App* AddTableAction(CLI::App* group, const char* name, const char* help, std::string* table,
                         CommonOptions* options, std::function<Status()> run) {
  CLI::App* command = group->add_subcommand(name, help);
  command->add_option("TABLE", *table, "Path or URI of the table, or its name in the lake")->required();
  AddLakeOption(command, options);
  AddCommonOptions(command, options);
  OnCommand(command, options, std::move(run));
  return command;
}

void ExitWith(int status) {
  g_exit_status = status;
}

Status Reported(Status status) {
  g_reported = true;
  return status;
}

void PrintJson(const Json& object) {
  // Names of files may be in any bytes; JSON is UTF-8.
  const int indent = isatty(STDOUT_FILENO) != 0 ? 2 : -1;
  const std::string text = object.dump(indent, ' ', false, Json::error_handler_t::replace);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

int RunProgram(CLI::App* program, int argc, char** argv) {
  HandleInterrupts();
  const StopScope scope(ProcessStopToken());
  const int parsed = Parse(program, argc, argv);
  if (parsed < 0) return kDone;
  if (parsed != kDone) return parsed;
  int status = kDone;
  if (g_chosen.body) status = Report(RunChosen(), g_chosen.json);
  if (status == kDone) status = g_exit_status;
  errno = 0;
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (lost && status == kDone) {
    if (ReaderIsGone()) return kReaderGone;
    fmt::print(stderr, "pixlake: error: writing to standard output: {}\n",
               errno != 0 ? std::strerror(errno) : "some of it could not be written");
    status = kFailed;
  }
  return status;
}

Json ObjectOf(const std::map<std::string, std::string>& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values) json[key] = value;
  return json;
}

}  // namespace pixlake::cli
