#include "cli/command.h"

#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "base/stop/interrupt.h"

#include "cli/console_output.h"

namespace pixlake::cli {
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
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str()
      ->group(group);
  command
      ->add_option_function<double>(
          "--max-seconds",
          [options](double seconds) { options->max_millis = static_cast<int64_t>(seconds * 1000); },
          "Images that take longer to decode are bombs")
      ->type_name("SECONDS")
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
      command->add_option("--version,--at", version->version, what + " at this version")->type_name("N");
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

void AddRowOptions(CLI::App* command, engine::RowChoice* rows, const std::string& most) {
  command->add_option("--where", rows->where, "Only rows that fit, e.g. \"label = 'cat'\"")
      ->type_name("SQL")
      ->check(NotEmpty());
  command->add_option("--id", rows->ids, "Only the image of this id, or of ids that begin so; repeatable")
      ->type_name("ID")
      ->check(NotEmpty())
      ->expected(1)
      ->take_all();
  command->add_option("--limit", rows->limit, most)->type_name("N")->check(CLI::NonNegativeNumber);
  AddVersionOptions(command, &rows->version, "The table as it was");
}

void AddCommonOptions(CLI::App* command, CommonOptions* options) {
  const std::string group = "Common options";
  command->add_flag("--json", options->json, "Print one JSON object on standard output, nothing else there")
      ->group(group);
  command->add_flag("-q,--quiet", options->quiet, "Print results and errors, nothing else")->group(group);
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
  options->finds_lake = true;
  return command
      ->add_option("--lake", options->lake,
                   "The lake whose tables have names (environment PIXLAKE_LAKE; else the one in whose "
                   "folder\nyou are)")
      ->type_name("LAKE")
      ->envname("PIXLAKE_LAKE");
}

void HideOptions(CLI::App* command, std::initializer_list<const char*> names) {
  for (const char* name : names) command->get_option(name)->group("");
}

std::string LakeHere() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::current_path(error);
  while (!error && !folder.empty()) {
    if (std::filesystem::exists(folder / "_pixlake" / "lake.json", error)) return folder.string();
    if (folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  return {};
}

Result<std::unique_ptr<engine::Session>> MakeSession(const CommonOptions& options,
                                                     std::function<int64_t()> count) {
  engine::SessionOptions session_options;
  session_options.lake = options.lake.empty() && options.finds_lake ? LakeHere() : options.lake;
  if (!options.memory.empty()) {
    PL_ASSIGN_OR_RETURN(session_options.memory_bytes, ParseByteSize(options.memory));
    if (session_options.memory_bytes == 0)
      return Error(ErrorCode::kUsage, "--memory 0 leaves nothing to work with");
  }
  session_options.threads = options.threads;
  session_options.sync = !options.no_sync;
  session_options.stop = ProcessStopToken();
  session_options.output = std::make_shared<ConsoleOutput>(!options.quiet && !options.json, std::move(count));
  return engine::MakeSession(session_options);
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

void PrintJson(const Json& object) {
  // Names of files may be in any bytes; JSON is UTF-8.
  const int indent = isatty(STDOUT_FILENO) != 0 ? 2 : -1;
  const std::string text = object.dump(indent, ' ', false, Json::error_handler_t::replace);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

Json ObjectOf(const std::map<std::string, std::string>& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values) json[key] = value;
  return json;
}

}  // namespace pixlake::cli
