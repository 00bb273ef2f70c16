// What stands in `_delta_log`: commits and checkpoints, from names alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/location.h"
#include "io/store.h"

namespace pixlake::delta {

// "…/_delta_log/00000000000000000007.json".
std::string CommitPath(const io::Location& table, int64_t version);
std::string LogFolder(const io::Location& table);

struct LogCheckpoint {
  int64_t version = 0;
  std::vector<io::ObjectInfo> files;  // one, or all the parts in order
};

// "x.y.compacted.json": the commits from `first` to `last` in one file.
struct LogCompaction {
  int64_t first = 0;
  int64_t last = 0;
  io::ObjectInfo file;
};

struct LogListing {
  std::map<int64_t, io::ObjectInfo> commits;
  std::multimap<int64_t, LogCompaction> compactions;  // by their first version
  std::map<int64_t, io::ObjectInfo> checksums;        // "x.crc"
  // By version; several of one version when they were written in several forms.
  std::multimap<int64_t, LogCheckpoint> checkpoints;

  // The highest version of a commit or checkpoint; nullopt: no table.
  std::optional<int64_t> latest() const;
};

// Whether the commit is there. One request, where Store::Exists would look for a folder, too.
Result<bool> HasCommit(const io::Location& table, int64_t version);

// Sorts names into commits and complete checkpoints; names of any other form, with
// a version that overflows, or parts of an incomplete checkpoint are left out.
LogListing SortLog(const std::vector<io::ObjectInfo>& objects);

// The listing needed for `version` (nullopt: the latest). `_last_checkpoint` saves
// listing what lies before it; damaged or stale it is ignored.
Result<LogListing> ListLog(const io::Location& table, std::optional<int64_t> version);

// Everything in the log.
Result<LogListing> ListWholeLog(const io::Location& table);

// `_last_checkpoint`'s version; nullopt when absent or not readable.
std::optional<int64_t> LastCheckpointHint(const io::Location& table);

// The commits that follow `after` up to `target`, in order. kCorrupt names the first
// version that is missing.
Result<std::vector<io::ObjectInfo>> CommitsBetween(const LogListing& listing, int64_t after, int64_t target,
                                                   const std::string& table);

// The same, with compacted files in the place of the commits that they are of. Of no use
// where each commit matters by itself.
Result<std::vector<io::ObjectInfo>> CompactedCommitsBetween(const LogListing& listing, int64_t after,
                                                            int64_t target, const std::string& table);

// The commits' times: file times made strictly increasing, by version.
std::map<int64_t, int64_t> CommitTimes(const LogListing& listing);

// "…/_delta_log/00000000000000000007.crc" and "….00000000000000000009.compacted.json".
std::string ChecksumPath(const io::Location& table, int64_t version);
std::string CompactionPath(const io::Location& table, int64_t first, int64_t last);

}  // namespace pixlake::delta
