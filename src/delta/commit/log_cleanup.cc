#include <charconv>
#include <set>

#include <arrow/util/string.h>

#include "base/stop/stop_token.h"
#include "delta/checkpoint/checkpoint_reader_internal.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/log_cleanup_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/table_path_internal.h"
#include "io/settle.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kDefaultLogRetentionMs = 30 * kDayMs;

int64_t Midnight(int64_t time_ms) {
  return time_ms - ((time_ms % kDayMs) + kDayMs) % kDayMs;
}

std::string_view Property(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.configuration.find(key);
  return found == metadata.configuration.end() ? std::string_view() : found->second;
}

// The newest version that was committed before `cutoff_ms`; -1: none.
int64_t CutOffCommit(const LogListing& listing, int64_t cutoff_ms) {
  int64_t out = -1;
  for (const auto& [version, time] : CommitTimes(listing)) {
    if (time <= cutoff_ms) {
      out = version;
    }
  }
  return out;
}

// Whether a snapshot can be built on it: all of it is read.
Result<bool> IsSound(const io::Location& table, const LogCheckpoint& checkpoint) {
  bool protocol = false;
  bool metadata = false;
  const Status status = ReadCheckpoint(table, checkpoint, {true}, [&](const Action& action) {
    protocol = protocol || std::holds_alternative<Protocol>(action);
    metadata = metadata || std::holds_alternative<Metadata>(action);
    return CheckStopped();
  });
  if (!status.ok() && (CodeOf(status) == ErrorCode::kCancelled || RetryHelps(status))) {
    return status;
  }
  return status.ok() && protocol && metadata;
}

// The newest sound checkpoint not after `version`; -1: none.
Result<int64_t> CutOffCheckpoint(const io::Location& table, const LogListing& listing, int64_t version) {
  for (auto it = std::make_reverse_iterator(listing.checkpoints.upper_bound(version));
       it != listing.checkpoints.rend(); ++it) {
    if (it->first <= listing.commits.begin()->first) {
      break;  // nothing is before it
    }
    // Without its commit (provenance, in-commit timestamp) it is no version to keep.
    if (!listing.commits.contains(it->first)) {
      continue;
    }
    PL_ASSIGN_OR_RETURN(const bool sound, IsSound(table, it->second));
    if (sound) {
      return it->first;
    }
  }
  return -1;
}

// PROTOCOL.md, "Checkpoint Protection": versions before this one keep their checkpoints
// unless all of them go.
bool IsProtected(const Protocol& protocol, const Metadata& metadata, int64_t cutoff) {
  const std::string_view text = Property(metadata, "delta.requireCheckpointProtectionBeforeVersion");
  int64_t before = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), before);
  if (!HasWriterFeature(protocol, "checkpointProtection") || text.empty()) {
    return false;
  }
  return error != std::errc() || end != text.data() + text.size() || cutoff < before;
}

// By version, the oldest first; a version's commit after what was made of it.
std::multimap<int64_t, std::string> Expired(const LogListing& listing, int64_t cutoff) {
  std::multimap<int64_t, std::string> out;
  for (const auto& [version, checkpoint] : listing.checkpoints) {
    for (const io::ObjectInfo& file : checkpoint.files) {
      if (version < cutoff) {
        out.emplace(version, file.path);
      }
    }
  }
  for (const auto& [first, compaction] : listing.compactions) {
    if (first <= cutoff) {
      out.emplace(first, compaction.file.path);
    }
  }
  for (const auto* files : {&listing.checksums, &listing.commits}) {
    for (const auto& [version, file] : *files) {
      if (version < cutoff) {
        out.emplace(version, file.path);
      }
    }
  }
  return out;
}

// Sidecars that no checkpoint names; young ones may be of one that is being written.
Result<int64_t> CleanUpSidecars(const io::Location& table, int64_t now_ms) {
  const std::string folder = io::JoinPath(LogFolder(table), "_sidecars");
  PL_ASSIGN_OR_RETURN(const auto objects, table.store->List(folder));
  const int64_t before_ms = Midnight(now_ms) - kDayMs;
  std::vector<std::string> old;
  for (const io::ObjectInfo& object : objects) {
    if (object.modified_ms < before_ms) {
      old.push_back(object.path);
    }
  }
  if (old.empty()) {
    return 0;
  }
  std::set<std::string> named;
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  for (const auto& [version, checkpoint] : listing.checkpoints) {
    PL_ASSIGN_OR_RETURN(const auto sidecars, SidecarsOf(table, checkpoint));
    // By name: a path may lead to the folder in another way.
    for (const std::string& sidecar : sidecars) {
      named.insert(sidecar.substr(sidecar.rfind('/') + 1));
    }
  }
  int64_t gone = 0;
  for (const std::string& path : old) {
    if (!named.contains(path.substr(path.rfind('/') + 1))) {
      PL_RETURN_NOT_OK(table.store->Delete(path));
      ++gone;
    }
  }
  return gone;
}

}  // namespace

std::optional<int64_t> LogRetention(const Metadata& metadata) {
  const std::string_view text = Property(metadata, "delta.logRetentionDuration");
  return text.empty() ? kDefaultLogRetentionMs : ParseInterval(text);
}

Result<int64_t> CleanUpLog(const io::Location& table, const Protocol& protocol, const Metadata& metadata,
                           int64_t now_ms) {
  const std::string_view enabled = Property(metadata, "delta.enableExpiredLogCleanup");
  const std::optional<int64_t> retention = LogRetention(metadata);
  // What is not understood is not acted on.
  if (!retention || !(enabled.empty() || arrow::internal::AsciiEqualsCaseInsensitive(enabled, "true"))) {
    return 0;
  }
  PL_RETURN_NOT_OK(CheckWritable(protocol, metadata));
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  const int64_t commit = CutOffCommit(listing, Midnight(now_ms - *retention));
  const bool nothing_older = commit < 0 || listing.commits.begin()->first >= commit;
  if (nothing_older) {
    return 0;
  }
  PL_ASSIGN_OR_RETURN(const int64_t cutoff, CutOffCheckpoint(table, listing, commit));
  if (cutoff <= listing.commits.begin()->first || IsProtected(protocol, metadata, cutoff)) {
    return 0;
  }
  // Gone is gone: what makes them dispensable may not be lost with the power.
  PL_RETURN_NOT_OK(io::Settle(table.store.get(), LogFolder(table)));
  int64_t gone = 0;
  for (const auto& [version, path] : Expired(listing, cutoff)) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_RETURN_NOT_OK(table.store->Delete(path));
    ++gone;
  }
  PL_ASSIGN_OR_RETURN(const int64_t sidecars, CleanUpSidecars(table, now_ms));
  return gone + sidecars;
}

}  // namespace pixlake::delta
