#include <unordered_map>

#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/care/check_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/log_compaction_internal.h"
#include "delta/log/table_path_internal.h"

namespace pixlake::delta {

namespace {

// What a version adds up to, from one commit to the next.
class RunningTotals {
 public:
  RunningTotals() = default;
  explicit RunningTotals(const TableState& state) {
    for (const AddFile& file : state.files) {
      Add(file);
    }
    sum_ = ChecksumOf(state);
  }

  void Pass(const CommitActions& commit) {
    for (const Action& action : commit.actions) {
      if (const auto* add = std::get_if<AddFile>(&action)) {
        Remove(KeyOf(*add));
        Add(*add);
      } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        Remove(KeyOf(*remove));
      } else if (const auto* protocol = std::get_if<Protocol>(&action)) {
        sum_.protocol = *protocol;
      } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
        sum_.metadata = *metadata;
      }
    }
    sum_.in_commit_timestamp = commit.info ? commit.info->in_commit_timestamp : std::nullopt;
    sum_.txn_id = commit.info ? commit.info->txn_id : "";
    sum_.has_vectors = true;
  }

  const VersionChecksum& sum() const { return sum_; }

 private:
  template <typename FileAction>
  static std::string KeyOf(const FileAction& file) {
    std::string key = CanonicalPath(file.path);
    key += '\0';
    return key + (file.deletion_vector ? file.deletion_vector->UniqueId() : "");
  }

  void Add(const AddFile& file) {
    StateTotals one;
    one.Add(file);
    files_[KeyOf(file)] = one;
    sum_.totals.Add(file);
  }

  void Remove(const std::string& key) {
    const auto found = files_.find(key);
    if (found == files_.end()) {
      return;
    }
    sum_.totals.files -= found->second.files;
    sum_.totals.bytes -= found->second.bytes;
    sum_.totals.vectors -= found->second.vectors;
    sum_.totals.deleted_rows -= found->second.deleted_rows;
    files_.erase(found);
  }

  std::unordered_map<std::string, StateTotals> files_;
  VersionChecksum sum_;
};

class LogChecker {
 public:
  LogChecker(const io::Location& table, const LogListing& listing, Findings* findings)
      : table_(table), listing_(listing), findings_(findings) {}

  void CheckGaps() {
    const int64_t version = findings_->report.version;
    std::optional<int64_t> previous;
    for (const auto& [commit, object] : listing_.commits) {
      if (previous && commit != *previous + 1) {
        Problem("_delta_log", fmt::format("commits {} to {} are missing", *previous + 1, commit - 1));
      }
      previous = commit;
    }
    // Later ones than ours are another writer's, come meanwhile.
    if (previous.value_or(version) < version) {
      Problem("_delta_log", fmt::format("the last commit is {}, not {}", *previous, version));
    }
  }

  // PROTOCOL.md, "Version Checksum File".
  Status CheckChecksums() {
    if (listing_.checksums.empty() || listing_.commits.empty()) {
      return Status::OK();
    }
    PL_ASSIGN_OR_RETURN(std::optional<RunningTotals> totals, Start());
    if (!totals) {
      return Status::OK();
    }
    CheckChecksum(first_, *totals);
    const auto commits = CommitsBetween(listing_, first_, findings_->report.version, table_.path);
    if (!commits.ok()) {
      return Status::OK();  // the gap has been told
    }
    int64_t version = first_;
    return ReadCommits(table_, *commits, [&](const io::ObjectInfo&, const CommitActions& commit) {
      totals->Pass(commit);
      CheckChecksum(++version, *totals);
      return Status::OK();
    });
  }

  // PROTOCOL.md, "Log Compaction Files".
  Status CheckCompactions() {
    for (const auto& [first, compaction] : listing_.compactions) {
      const auto commits = CommitsBetween(listing_, first - 1, compaction.last, table_.path);
      if (!commits.ok()) {
        continue;  // nothing to compare it with
      }
      int64_t actions = 0;
      PL_ASSIGN_OR_RETURN(const std::string expected, CompactedBytes(table_, *commits, &actions));
      const Result<std::string> found = CompactedBytes(table_, {compaction.file}, &actions);
      if (!found.ok() && CodeOf(found.status()) != ErrorCode::kCorrupt) {
        return found.status();
      }
      if (!found.ok() || *found != expected) {
        findings_->compactions.push_back(compaction.file.path);
        Problem(FileName(compaction.file.path),
                found.ok() ? "holds something else than the commits it is of" : found.status().message(),
                "it is deleted; the commits say it all");
      }
    }
    return Status::OK();
  }

  Status CheckHint() {
    PL_ASSIGN_OR_RETURN(const bool there,
                        table_.store->Exists(io::JoinPath(LogFolder(table_), "_last_checkpoint")));
    const std::optional<int64_t> hint = LastCheckpointHint(table_);
    if (!there || (hint && listing_.checkpoints.contains(*hint))) {
      return Status::OK();
    }
    findings_->hint = true;
    Problem("_last_checkpoint",
            hint ? fmt::format("names a checkpoint of version {}, which is not there", *hint)
                 : "is not readable as what names a checkpoint",
            "it is written anew");
    return Status::OK();
  }

 private:
  void Problem(const std::string& path, std::string what, std::string repair = "") {
    findings_->report.problems.push_back({path, std::move(what), std::move(repair)});
  }

  // The state at the first version that there is a commit of; nullopt: it is not to be had.
  Result<std::optional<RunningTotals>> Start() {
    first_ = listing_.commits.begin()->first;
    Result<TableState> state = LoadState(table_, first_, false);
    while (!state.ok() && CodeOf(state.status()) != ErrorCode::kCancelled) {
      // The log was cleaned up: from the first checkpoint on.
      const auto later = listing_.checkpoints.upper_bound(first_);
      if (later == listing_.checkpoints.end() || later->first > findings_->report.version) {
        return std::nullopt;
      }
      first_ = later->first;
      state = LoadState(table_, first_, false);
    }
    PL_RETURN_NOT_OK(state.status());
    return RunningTotals(*state);
  }

  void CheckChecksum(int64_t version, const RunningTotals& totals) {
    const auto file = listing_.checksums.find(version);
    if (file == listing_.checksums.end()) {
      return;
    }
    ++findings_->report.checksums_checked;
    const Result<std::string> bytes = table_.store->ReadAll(file->second.path, kMaxChecksumBytes);
    if (!bytes.ok() && CodeOf(bytes.status()) != ErrorCode::kOverBudget) {
      Problem(FileName(file->second.path), bytes.status().message());
      return;
    }
    const Result<VersionChecksum> promised =
        bytes.ok() ? ChecksumFromJson(*bytes) : Result<VersionChecksum>(bytes.status());
    const std::string what =
        promised.ok() ? Disagreement(*promised, totals.sum()) : promised.status().message();
    if (!what.empty()) {
      findings_->checksums[version] = totals.sum();
      Problem(FileName(file->second.path), what, "it is written anew, as the log is");
    }
  }

  const io::Location& table_;
  const LogListing& listing_;
  Findings* findings_;
  int64_t first_ = 0;
};

}  // namespace

Status CheckLog(const io::Location& table, Findings* findings) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  LogChecker checker(table, listing, findings);
  checker.CheckGaps();
  PL_RETURN_NOT_OK(checker.CheckChecksums());
  PL_RETURN_NOT_OK(checker.CheckCompactions());
  return checker.CheckHint();
}

}  // namespace pixlake::delta
