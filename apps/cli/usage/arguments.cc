#include "cli/usage/arguments.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/near.h"

namespace pixlake::cli {
namespace {

std::vector<const CLI::App*> Children(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* ChildNamed(const CLI::App& app, std::string_view name) {
  for (const CLI::App* child : Children(app)) {
    if (child->get_name() == name) return child;
  }
  return nullptr;
}

bool TakesValue(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

// "--limit=3" and "--limit" are the same option.
std::string NameOf(const std::string& word) {
  return word.substr(0, word.find('='));
}

const CLI::Option* OptionNamed(const CLI::App& app, const std::string& name) {
  return app.get_option_no_throw(name);
}

Status NoSuchCommand(const CLI::App& at, const std::string& path, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* child : Children(at)) names.push_back(child->get_name());
  const std::string near = DidYouMean(word, names);
  const bool told = near.find("did you mean") != std::string::npos;
  return Error(
      ErrorCode::kUsage,
      fmt::format("there is no command '{}'{}{}", path == "pixlake" ? word : path.substr(8) + " " + word,
                  told ? near : "", told ? "" : fmt::format("; there are: {}", fmt::join(names, ", "))));
}

Status NoSuchOption(const CLI::App& command, const std::string& path, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::string near = DidYouMean(NameOf(word), names);
  const bool told = near.find("did you mean") != std::string::npos;
  return Error(ErrorCode::kUsage, fmt::format("{} has no option '{}'{}", path, NameOf(word),
                                              told ? near : fmt::format("; see `{} --help`", path)));
}

// Reads what was typed, word by word.
class Reader {
 public:
  Reader(const CLI::App& program, const std::vector<std::string>& typed)
      : program_(program), typed_(typed), at_(&program), path_(program.get_name()) {}

  Result<Arguments> Read() {
    if (!typed_.empty() && typed_[0] == "help" && ChildNamed(program_, "help") != nullptr) return Help();
    while (next_ < typed_.size() && !Children(*at_).empty()) PL_RETURN_NOT_OK(Step());
    read_.words.insert(read_.words.end(), moved_.begin(), moved_.end());
    read_.words.insert(read_.words.end(), typed_.begin() + static_cast<std::ptrdiff_t>(next_), typed_.end());
    read_.command = at_;
    read_.path = path_;
    if (!read_.version) PL_RETURN_NOT_OK(CheckOptions());
    return std::move(read_);
  }

 private:
  // `help table list`.
  Result<Arguments> Help() {
    for (size_t i = 1; i < typed_.size(); ++i) {
      if (typed_[i] == "--man") {
        read_.man = true;
        continue;
      }
      if (typed_[i] == "--help" || typed_[i] == "-h") continue;
      if (typed_[i].rfind('-', 0) == 0)
        return NoSuchOption(*ChildNamed(program_, "help"), "pixlake help", typed_[i]);
      PL_RETURN_NOT_OK(Descend(typed_[i]));
    }
    read_.words.emplace_back("--help");
    read_.command = at_;
    read_.path = path_;
    return std::move(read_);
  }

  Status Descend(const std::string& word) {
    const CLI::App* child = ChildNamed(*at_, word);
    if (child == nullptr) return NoSuchCommand(*at_, path_, word);
    at_ = child;
    path_ += " " + word;
    read_.words.push_back(word);
    return Status::OK();
  }

  // One word before the command is complete.
  Status Step() {
    const std::string& word = typed_[next_];
    if (word.rfind('-', 0) != 0 || word == "-" || word == "--") {
      PL_RETURN_NOT_OK(Descend(word));
      ++next_;
      return Status::OK();
    }
    ++next_;
    if (at_ == &program_ && (word == "--version" || word == "-V")) {
      read_.version = true;
      return Status::OK();
    }
    if (OptionNamed(*at_, NameOf(word)) != nullptr) {  // --help
      read_.words.push_back(word);
      return Status::OK();
    }
    const CLI::Option* const shared = SharedOption(NameOf(word));
    if (shared == nullptr) return NoSuchOption(*at_, path_, word);
    moved_.push_back(word);
    if (!TakesValue(*shared) || word.find('=') != std::string::npos) return Status::OK();
    if (next_ == typed_.size()) return Error(ErrorCode::kUsage, word + " needs a value");
    moved_.push_back(typed_[next_++]);
    return Status::OK();
  }

  // An option of those that (almost) every command has, as one that has all of them knows it.
  const CLI::Option* SharedOption(const std::string& name) const {
    const bool known = std::find(std::begin(kShared), std::end(kShared), name) != std::end(kShared);
    return known ? OptionNamed(*ChildNamed(program_, "sql"), name) : nullptr;
  }

  // Every option is one of the command's; the parser would name them in any order.
  Status CheckOptions() const {
    for (size_t i = 0; i < read_.words.size(); ++i) {
      const std::string& word = read_.words[i];
      if (word == "--") return Status::OK();
      if (word.size() < 2 || word[0] != '-') continue;
      const bool is_long = word[1] == '-';
      if (!is_long && word[1] >= '0' && word[1] <= '9') continue;                       // a number
      if (is_long && std::isalnum(static_cast<unsigned char>(word[2])) == 0) continue;  // SQL: "-- a comment"
      const std::string name = is_long ? NameOf(word) : word.substr(0, 2);
      const CLI::Option* const option = OptionNamed(*at_, name);
      if (option == nullptr) return NoSuchOption(*at_, path_, word);
      if (!TakesValue(*option) || word.find('=') != std::string::npos || (!is_long && word.size() > 2))
        continue;
      i += static_cast<size_t>(std::max(1, option->get_items_expected_min()));
      if (i >= read_.words.size())
        return Error(ErrorCode::kUsage,
                     fmt::format("{}: {} needs a value: {} {}", path_, word, name, option->get_type_name()));
    }
    return Status::OK();
  }

  static constexpr const char* kShared[] = {"--lake",   "--json",    "-q",       "--quiet",
                                            "--memory", "--threads", "--no-sync"};
  const CLI::App& program_;
  const std::vector<std::string>& typed_;
  const CLI::App* at_;
  std::string path_;
  size_t next_ = 0;
  std::vector<std::string> moved_;
  Arguments read_;
};

}  // namespace

Result<Arguments> ReadArguments(const CLI::App& program, const std::vector<std::string>& typed) {
  return Reader(program, typed).Read();
}

const CLI::App* FindCommand(const CLI::App& program, const std::string& path) {
  std::istringstream words(path);
  std::string word;
  words >> word;
  const CLI::App* at = &program;
  while (at != nullptr && words >> word) at = ChildNamed(*at, word);
  return at;
}

}  // namespace pixlake::cli
