#include "settings/read/read_settings.h"

#include <filesystem>

#include <fmt/format.h>

#include "settings/key/settings_keys.h"
#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

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
  const bool read =
      ReadByKeys(text, SettingsKeys(),
                 {root, &settings.places, &settings.from_environment, &reading.problems}, &settings);
  if (read) {
    for (Check& check : settings.checks) {
      if (check.name.empty()) check.name = check.kind;
    }
    for (std::string* path :
         {&settings.storage.raw_path, &settings.storage.processed_path, &settings.storage.curated_path})
      *path = AbsolutePath(root, *path);
    CheckTogether(settings, &reading.problems);
    CheckPaths(settings, &reading.problems);
  }
  InOrder(&reading.problems);
  return reading;
}

Result<Reading> ExamineSettings(const std::string& file) {
  PL_ASSIGN_OR_RETURN(const std::string text, ConfigContents(file));
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
