// What keeps a table in order: files that nobody needs go, an earlier state comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pixlake::table {

struct VacuumRequest {
  // Files that left the table longer ago go; nullopt: the table's own
  // `delta.deletedFileRetentionDuration`, one week by default.
  std::optional<int64_t> retention_ms;
  // Less than the table's own retention: readers of old versions, and writers whose files are
  // not committed yet, lose theirs.
  bool allow_short_retention = false;
  bool dry_run = false;
  // Only what the log says was removed, without listing the table's folders: quick, and
  // leaves what killed writers left.
  bool from_log = false;
  int threads = 1;
  std::function<void(int64_t files, int64_t bytes)> progress;  // called from any thread
};

struct VacuumReport {
  int64_t version = 0;  // the snapshot whose files are kept
  int64_t retention_ms = 0;
  int64_t default_retention_ms = 0;
  int64_t files_seen = 0;  // listed, or in the log
  int64_t files_deleted = 0;
  int64_t bytes_deleted = 0;
  std::vector<std::string> paths;     // that went, or would go, sorted
  std::vector<std::string> failures;  // "path: why", those that could not be deleted
};

struct RestoreReport {
  int64_t version = 0;   // the commit; the one that was read when there was nothing to do
  int64_t restored = 0;  // the version that it now is like
  bool committed = false;
  // As Delta Spark's history has them.
  std::map<std::string, std::string> metrics;
};

// Commits of the log put together in one file, for readers.
struct LogCompactionReport {
  int64_t first = 0;  // versions, both included
  int64_t last = 0;
  int64_t actions = 0;
  int64_t bytes = 0;
  std::string path;
};

struct AnalyzeReport {
  int64_t version = 0;
  bool committed = false;
  int64_t files = 0;  // that got other statistics
  int64_t files_seen = 0;
  std::vector<std::string> columns;  // that have statistics from now on; empty: the first ones
};

struct RepairReport {
  int64_t version = 0;  // the commit, or the one that was read
  bool committed = false;
  std::vector<std::string> done;     // one line each
  std::vector<std::string> left;     // what cannot be repaired
  int64_t files_lost = 0;            // that were gone and are no longer named
  std::optional<int64_t> rows_lost;  // nullopt: not known
};

}  // namespace pixlake::table
