#include "settings/read/read_settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "settings/key/settings_keys.h"
#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

// The bytes of a file, one more than may be at most, so that a larger one is seen to be.
Result<std::string> Contents(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), std::fclose);
  if (stream == nullptr) return ErrnoError(errno, "reading settings", file);
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() <= kMostSettingsBytes) {
    const size_t got = std::fread(block.data(), 1, block.size(), stream.get());
    if (got == 0) break;
    text.append(block.data(), got);
  }
  if (std::ferror(stream.get()) != 0) return ErrnoError(errno, "reading settings", file);
  return text;
}

Result<Settings> OrProblems(Reading reading, const std::string& file) {
  if (reading.problems.empty()) return std::move(reading.settings);
  return Error(ErrorCode::kUsage, ProblemsText(file, reading.problems));
}

}  // namespace

std::string RootOf(const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path absolute = fs::absolute(file, error);
  if (error) absolute = file;
  const fs::path folder = absolute.lexically_normal().parent_path();
  return (folder.filename() == "config" ? folder.parent_path() : folder).string();
}

std::string ProblemText(const std::string& file, const Problem& problem) {
  std::string text = file;
  if (problem.place.line > 0) text += fmt::format(":{}:{}", problem.place.line, problem.place.column);
  if (!problem.key.empty()) text += ": " + problem.key;
  return text + ": " + problem.what;
}

std::string ProblemsText(const std::string& file, const std::vector<Problem>& problems) {
  if (problems.size() == 1) return ProblemText(file, problems[0]);
  std::string text = fmt::format("{}: {} problems", file, problems.size());
  for (const Problem& problem : problems) text += "\n  " + ProblemText(file, problem);
  return text;
}

std::string Settings::Where(const std::string& key) const {
  const auto found = places.find(key);
  return ProblemText(file, {found == places.end() ? Place{} : found->second, "", key});
}

Reading ExamineSettings(std::string_view text, const std::string& file, const std::string& root) {
  Reading reading;
  Settings& settings = reading.settings;
  settings.file = file;
  settings.root = root;
  std::vector<YamlProblem> found;
  YamlNode tree = ReadYaml(text, kMostSettingsBytes, &found);
  const bool whole = found.empty() || tree.kind != YamlNode::Kind::kNull;
  if (whole) ExpandEnvironment(&tree, &found);
  for (YamlProblem& one : found) reading.problems.push_back({one.place, "", std::move(one.what)});
  if (whole) {
    KeyReader(root, &settings, &reading.problems).ReadGroup(SettingsKeys(), tree, "", &settings);
    for (Check& check : settings.checks) {
      if (check.name.empty()) check.name = check.kind;
    }
    for (std::string* path :
         {&settings.storage.raw_path, &settings.storage.processed_path, &settings.storage.curated_path})
      *path = AbsolutePath(root, *path);
    CheckTogether(settings, &reading.problems);
    CheckPaths(settings, &reading.problems);
  }
  std::stable_sort(reading.problems.begin(), reading.problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  if (reading.problems.size() > 100) reading.problems.resize(100);
  return reading;
}

Result<Reading> ExamineSettings(const std::string& file) {
  PL_ASSIGN_OR_RETURN(const std::string text, Contents(file));
  return ExamineSettings(text, file, RootOf(file));
}

Result<Settings> ParseSettings(std::string_view text, const std::string& file, const std::string& root) {
  return OrProblems(ExamineSettings(text, file, root), file);
}

Result<Settings> ReadSettings(const std::string& file) {
  PL_ASSIGN_OR_RETURN(Reading reading, ExamineSettings(file));
  return OrProblems(std::move(reading), file);
}

}  // namespace pixlake::settings
