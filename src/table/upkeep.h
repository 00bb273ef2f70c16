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

}  // namespace pixlake::table
