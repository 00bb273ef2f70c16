// From the words that were typed to an exit status.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include "base/near.h"
#include "base/stop/interrupt.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/usage/arguments.h"
#include "cli/usage/help_text.h"

namespace pixlake::cli {
namespace {

// The command that was chosen; it runs after parsing, outside CLI11's own try.
struct Chosen {
  std::function<Status()> body;
  bool json = false;
  bool quiet = false;
};
Chosen g_chosen;
bool g_reported = false;
int g_exit_status = kDone;

// Whoever read what we write has had enough (`| head`): no fault, and nobody to tell.
bool ReaderIsGone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int Report(const Status& status, bool json) {
  if (status.ok()) return kDone;
  const ErrorCode code = CodeOf(status);
  if ((code == ErrorCode::kIo || code == ErrorCode::kInternal) && ReaderIsGone()) return kReaderGone;
  std::string message = status.message();
  const int signal = InterruptSignal();
  const bool interrupted = code == ErrorCode::kCancelled && signal != 0;
  if (interrupted) message = "interrupted; run the same command again to finish";
  // One error a line: Arrow's messages may bring their own call stack.
  if (const size_t stack = message.find("\n/"); stack != std::string::npos) message.resize(stack);
  fmt::print(stderr, "pixlake: {}{}\n", interrupted ? "" : "error: ", message);
  if (json && !g_reported)
    PrintJson({{"status", "error"}, {"error", {{"code", CodeName(code)}, {"message", message}}}});
  if (interrupted) return 128 + signal;
  return code == ErrorCode::kUsage ? kWrongUsage : kFailed;
}

bool AskedForJson(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--json") return true;
  }
  return false;
}

// "--format: x not in {csv,json}" with what may have been meant.
std::string NearChoice(const std::string& message) {
  const size_t given = message.find(": "), open = message.find(" not in {"), close = message.rfind('}');
  if (given == std::string::npos || open == std::string::npos || close == std::string::npos || given > open)
    return "";
  std::vector<std::string> names = CLI::detail::split(message.substr(open + 9, close - open - 9), ',');
  const std::string near = DidYouMean(message.substr(given + 2, open - given - 2), names);
  return near.find("did you mean") == std::string::npos ? "" : near;
}

// The parser's words for what is wrong, in ours.
std::string WhatIsWrong(const CLI::ParseError& error, CLI::App* program, const HelpParts& help,
                        const std::vector<std::string>& typed) {
  std::string what = error.what();
  // The parser does not name options that a command's help leaves out.
  if (what.rfind(": ", 0) == 0) {
    for (size_t i = 0; i < typed.size(); ++i) {
      const size_t equals = typed[i].find('=');
      const std::string name = typed[i].substr(0, equals);
      const std::string value = equals != std::string::npos ? typed[i].substr(equals + 1)
                                : i + 1 < typed.size()      ? typed[i + 1]
                                                            : std::string();
      const bool meant =
          value.empty() ? what == ": it is empty" : what.find(" " + value + " ") != std::string::npos;
      if (name.rfind("--", 0) != 0 || !meant) continue;
      what.insert(0, name);
      break;
    }
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extra = program->remaining(true);
    if (!extra.empty())
      return fmt::format("'{}' was not expected; usage: {}", fmt::join(extra, "' '"), help.usage);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return fmt::format("{}; usage: {}", what, help.usage);
  constexpr std::string_view kConvert = "Could not convert: ";
  const size_t equals = what.find(" = ");
  if (what.rfind(kConvert, 0) == 0 && equals != std::string::npos) {
    return fmt::format("{} '{}': expected a number", what.substr(kConvert.size(), equals - kConvert.size()),
                       what.substr(equals + 3));
  }
  return what + NearChoice(what);
}

void PrintHelp(const Arguments& arguments, std::FILE* to) {
  const bool bold = isatty(fileno(to)) != 0 && ColoursWanted();
  const std::string text =
      HelpText(HelpPartsOf(*arguments.command, arguments.path), ColumnsOf(fileno(to)), bold);
  std::fwrite(text.data(), 1, text.size(), to);
}

// nullopt: the command that was chosen is to be run.
std::optional<int> Parse(CLI::App* program, const std::vector<std::string>& typed) {
  const bool json = AskedForJson(typed);
  auto read = ReadArguments(*program, typed);
  if (!read.ok()) return Report(read.status(), json);
  if (read->version) {
    fmt::print("pixlake {}\n", VersionText());
    return kDone;
  }
  if (read->man) {
    const std::string page = ManPage(*program, VersionText());
    std::fwrite(page.data(), 1, page.size(), stdout);
    return kDone;
  }
  const auto asks = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (read->command->get_require_subcommand_min() > 0 &&
      std::none_of(read->words.begin(), read->words.end(), asks)) {
    PrintHelp(*read, stderr);
    return kWrongUsage;
  }
  try {
    std::vector<std::string> words(read->words.rbegin(), read->words.rend());
    program->parse(std::move(words));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help
      PrintHelp(*read, stdout);
      return kDone;
    }
    const std::string wrong = WhatIsWrong(error, program, HelpPartsOf(*read->command, read->path), typed);
    return Report(Error(ErrorCode::kUsage, wrong), json);
  }
}

Status RunChosen() {
  try {
    return g_chosen.body();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverBudget,
                 "out of memory; run again with a smaller --memory or fewer --threads");
  } catch (const std::system_error& e) {
    // fmt's, when what it prints to is full or closed.
    if (e.code().category() == std::generic_category() || e.code().category() == std::system_category())
      return ErrnoError(e.code().value(), "writing", "standard output");
    return Error(ErrorCode::kInternal, std::string("unexpected: ") + e.what());
  } catch (const std::exception& e) {
    return Error(ErrorCode::kInternal, std::string("unexpected: ") + e.what());
  }
}

}  // namespace

void OnCommand(CLI::App* command, const CommonOptions* options, std::function<Status()> body) {
  command->callback([options, body = std::move(body)] {
    g_chosen = {body, options != nullptr && options->json, options != nullptr && options->quiet};
  });
}

bool IsQuiet() {
  return g_chosen.quiet;
}

void ExitWith(int status) {
  g_exit_status = status;
}

Status Reported(Status status) {
  g_reported = true;
  return status;
}

int RunProgram(CLI::App* program, int argc, char** argv) {
  HandleInterrupts();
  const StopScope scope(ProcessStopToken());
  int status = kDone;
  if (const std::optional<int> parsed = Parse(program, {argv + 1, argv + argc})) {
    status = *parsed;
  } else {
    if (g_chosen.body) status = Report(RunChosen(), g_chosen.json);
    if (status == kDone) status = g_exit_status;
  }
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

}  // namespace pixlake::cli
