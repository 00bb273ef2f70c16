// Reads config/settings.yaml, strictly: what is not known, of another type, out of its range or not
// there is a problem with its place, and all problems are told at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

#include "settings/settings.h"

namespace pixlake::settings {

// Larger files are refused unread.
inline constexpr size_t kMostSettingsBytes = size_t{1} << 20;

struct Problem {
  Place place;
  std::string key;   // "processing.batch_size"; empty: the file as a whole
  std::string what;  // what was found, what was expected, what is near
};

struct Reading {
  Settings settings;              // of no use when there are problems
  std::vector<Problem> problems;  // in the file's order; at most 100
};

// Of a text. `root`: against which relative paths are made absolute. Pure but for the environment
// (`${NAME}`), and the folders that sources name, which must be there.
Reading ExamineSettings(std::string_view text, const std::string& file, const std::string& root);
// Of a file; an error only when it cannot be read at all.
Result<Reading> ExamineSettings(const std::string& file);

// The same; kUsage with ProblemsText when there are any.
Result<Settings> ParseSettings(std::string_view text, const std::string& file, const std::string& root);
Result<Settings> ReadSettings(const std::string& file);

// "config/settings.yaml:12:3: processing.batch_sise: no such key; did you mean 'batch_size'?"
std::string ProblemText(const std::string& file, const Problem& problem);

// One problem as above; of several how many there are, and below it a line for each.
std::string ProblemsText(const std::string& file, const std::vector<Problem>& problems);

// The folder that holds the file's config/ when the file lies in such a folder, else the file's own;
// absolute.
std::string RootOf(const std::string& file);

}  // namespace pixlake::settings
