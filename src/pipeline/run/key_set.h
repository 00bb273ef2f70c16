// The keys that changes touch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"
#include "query/session/sql_session.h"

#include "pipeline/step/step_state.h"

namespace pixlake::pipeline {

// Kept in the session as a temporary table, larger than memory if need be; a few of them, or enough to
// look rows up by, are in memory too.
struct KeySet {
  static constexpr char kTable[] = "pixlake_step_keys";  // of one column, `key`
  static constexpr int64_t kMostLiterals = 256;
  static constexpr int64_t kMostInMemory = 200'000;

  int64_t count = 0;      // those that are null are not among them
  bool has_null = false;  // rows without a key changed: they belong together, too
  // All of them, as texts, where there are at most kMostInMemory.
  std::unordered_set<std::string> in_memory;

  bool empty() const { return count == 0 && !has_null; }
  bool is_in_memory() const { return static_cast<int64_t>(in_memory.size()) == count; }
  // A condition on a column of SQL, true or false: rows of these keys. Of a few keys of a column of texts it
  // is one that files are skipped by.
  std::string Condition(std::string_view column, bool is_text) const;
};

// Commits of others to the step's output, whose rows are made anew.
struct ChangedOutput {
  std::string place;
  int64_t from = 0;  // the versions to look at, both included
  int64_t to = 0;
  int64_t own = 0;  // the step's own commit among them
};

// Reads the change feeds of the inputs from their watermarks on, and `output`'s (null: only the step has
// committed to it). kUsage or kNotFound where one keeps none, or no longer: the caller makes all anew.
Result<KeySet> ChangedKeys(query::SqlSession* session, const Step& step, const std::vector<OpenInput>& inputs,
                           const StepDecision& decision, const ChangedOutput* output);

// An input as SQL names it, at the version that was opened: all its columns but its blobs, and of its rows
// those that the step sees.
std::string RowsOf(const OpenInput& input, const std::string& condition);

}  // namespace pixlake::pipeline
