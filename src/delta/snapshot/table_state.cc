#include <algorithm>
#include <limits>

#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/checkpoint/checkpoint_reader_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/snapshot/table_state_internal.h"
#include "delta/snapshot/version_checksum_internal.h"

namespace pixlake::delta {

namespace {

// The primary key of a logical file: its path and its deletion vector's id.
template <typename FileAction>
std::string FileKey(const FileAction& file) {
  std::string key = CanonicalPath(file.path);
  key += '\0';
  if (file.deletion_vector) {
    key += file.deletion_vector->UniqueId();
  }
  return key;
}

Status CheckColumns(const Metadata& metadata, const arrow::Schema& schema) {
  for (const std::string& name : schema.field_names()) {
    if (schema.GetAllFieldIndices(name).size() > 1) {
      return Error(ErrorCode::kCorrupt, fmt::format("the schema has column `{}` more than once", name));
    }
  }
  for (const std::string& name : metadata.partition_columns) {
    const std::shared_ptr<arrow::Field> field = schema.GetFieldByName(name);
    if (field == nullptr || field->type()->num_fields() > 0) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("partition column `{}` is not one simple column of the schema", name));
    }
  }
  return Status::OK();
}

// Reads the checkpoint into `replay`; nothing for no checkpoint.
Status ReplayCheckpoint(const io::Location& table, const LogCheckpoint* checkpoint, bool keep_tombstones,
                        Replay* replay) {
  if (checkpoint == nullptr) {
    return Status::OK();
  }
  return ReadCheckpoint(table, *checkpoint, {keep_tombstones}, [&](Action action) {
    replay->AddFromCheckpoint(std::move(action));
    return Status::OK();
  });
}

Result<TableState> LoadFrom(const io::Location& table, const LogListing& listing,
                            const LogCheckpoint* checkpoint, int64_t target, bool keep_tombstones,
                            bool compacted) {
  const int64_t start = checkpoint == nullptr ? -1 : checkpoint->version;
  PL_ASSIGN_OR_RETURN(std::vector<io::ObjectInfo> commits,
                      compacted ? CompactedCommitsBetween(listing, start, target, table.path)
                                : CommitsBetween(listing, start, target, table.path));
  Replay replay(keep_tombstones);
  std::optional<CommitInfo> commit_info;
  std::reverse(commits.begin(), commits.end());
  PL_RETURN_NOT_OK(ReadCommits(table, commits, [&](const io::ObjectInfo& file, CommitActions commit) {
    if (&file == commits.data()) {
      commit_info = std::move(commit.info);
    }
    replay.AddCommit(std::move(commit.actions));
    return Status::OK();
  }));
  PL_RETURN_NOT_OK(ReplayCheckpoint(table, checkpoint, keep_tombstones, &replay));
  PL_ASSIGN_OR_RETURN(TableState state, std::move(replay).Finish());
  state.version = target;
  state.commits_replayed = static_cast<int64_t>(commits.size());
  if (checkpoint != nullptr) {
    state.checkpoint_version = checkpoint->version;
  }
  state.commit_info = std::move(commit_info);
  return state;
}

// False when the version's checksum says that it has other files: a compacted commit cut
// short looks whole. The commits themselves need no such witness.
bool AddsUp(const io::Location& table, const LogListing& listing, const TableState& state) {
  const auto file = listing.checksums.find(state.version);
  if (file == listing.checksums.end()) {
    return true;
  }
  const Result<std::string> text = table.store->ReadAll(file->second.path, kMaxChecksumBytes);
  const auto promised = text.ok() ? ChecksumFromJson(*text) : Result<VersionChecksum>(text.status());
  const StateTotals found = TotalsOf(state);
  return !promised.ok() || (promised->totals.files == found.files && promised->totals.bytes == found.bytes);
}

// Tries the newest usable checkpoint, then older ones, then none; each with compacted
// commits first.
Result<TableState> LoadFromBest(const io::Location& table, const LogListing& listing, int64_t target,
                                bool keep_tombstones) {
  std::vector<const LogCheckpoint*> checkpoints;
  for (auto it = std::make_reverse_iterator(listing.checkpoints.upper_bound(target));
       it != listing.checkpoints.rend(); ++it) {
    checkpoints.push_back(&it->second);
  }
  checkpoints.push_back(nullptr);
  Status first_failure;
  for (const LogCheckpoint* checkpoint : checkpoints) {
    for (const bool compacted : {true, false}) {
      // What is written anew or deleted by a state (then it has tombstones) goes by the commits.
      if (compacted && (keep_tombstones || listing.compactions.empty())) {
        continue;
      }
      Result<TableState> state = LoadFrom(table, listing, checkpoint, target, keep_tombstones, compacted);
      if (compacted && state.ok() && !AddsUp(table, listing, *state)) {
        continue;
      }
      // What a hint of the log names may be damaged so that it looks like what we do not have.
      const bool by_commits = checkpoint == nullptr && !compacted;
      const bool final = state.ok() || CodeOf(state.status()) == ErrorCode::kCancelled ||
                         RetryHelps(state.status()) ||
                         (by_commits && CodeOf(state.status()) == ErrorCode::kUnsupported);
      if (final) {
        return state;
      }
      first_failure = first_failure.ok() ? state.status() : first_failure;
    }
  }
  return first_failure;
}

}  // namespace

template <typename FileAction>
bool Replay::Seen(const FileAction& file) const {
  return !seen_.empty() && seen_.contains(FileKey(file));
}

void Replay::AddCommit(std::vector<Action> actions) {
  for (auto action = actions.rbegin(); action != actions.rend(); ++action) {
    Apply(std::move(*action), true);
  }
}

void Replay::AddFromCheckpoint(Action action) {
  Apply(std::move(action), false);
}

void Replay::AddFromState(const TableState& state) {
  for (size_t i = 0; i < state.files.size(); ++i) {
    if (!Seen(state.files[i])) {
      state_.files.AddFrom(state.files, i);
    }
  }
  protocol_ = protocol_ ? std::move(protocol_) : state.protocol;
  metadata_ = metadata_ ? std::move(metadata_) : state.metadata;
  state_.txns.insert(state.txns.begin(), state.txns.end());
  state_.domains.insert(state.domains.begin(), state.domains.end());
}

// `remember`: an older source follows that may name the same files again.
void Replay::Apply(Action action, bool remember) {
  if (auto* add = std::get_if<AddFile>(&action)) {
    if (remember ? seen_.insert(FileKey(*add)).second : !Seen(*add)) {
      state_.files.Add(std::move(*add));
    }
  } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
    const bool news = remember ? seen_.insert(FileKey(*remove)).second : !Seen(*remove);
    if (news && keep_tombstones_) {
      state_.tombstones.push_back(std::move(*remove));
    }
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    if (!protocol_) {
      protocol_ = std::move(*protocol);
    }
  } else if (auto* metadata = std::get_if<Metadata>(&action)) {
    if (!metadata_) {
      metadata_ = std::move(*metadata);
    }
  } else if (auto* txn = std::get_if<Txn>(&action)) {
    state_.txns.emplace(txn->app_id, *txn);
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    state_.domains.emplace(domain->domain, *domain);
  }
}

Result<TableState> Replay::Finish() && {
  if (!protocol_) {
    return Error(ErrorCode::kCorrupt,
                 "the log has no protocol action up to this version; the table cannot be read");
  }
  PL_RETURN_NOT_OK(CheckReadable(*protocol_));
  if (!metadata_) {
    return Error(ErrorCode::kCorrupt,
                 "the log has no metaData action up to this version; the table cannot be read");
  }
  if (metadata_->format_provider != "parquet") {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the table's files are in format `{}`, expected parquet", metadata_->format_provider));
  }
  state_.protocol = *std::move(protocol_);
  state_.metadata = *std::move(metadata_);
  if (state_.metadata.schema_string.empty()) {
    return Error(ErrorCode::kCorrupt, "the table's metaData action has no schemaString");
  }
  PL_ASSIGN_OR_RETURN(state_.schema, SchemaFromJson(state_.metadata.schema_string));
  PL_RETURN_NOT_OK(CheckColumns(state_.metadata, *state_.schema));
  PL_ASSIGN_OR_RETURN(state_.mapping_mode, ColumnMappingMode(state_.protocol, state_.metadata));
  std::erase_if(state_.domains, [](const auto& entry) { return entry.second.removed; });
  return std::move(state_);
}

Status FillTimestamp(const io::Location& table, const LogListing& listing, TableState* state) {
  const auto commit = listing.commits.find(state->version);
  if (commit == listing.commits.end()) {
    const auto checkpoint = listing.checkpoints.find(state->version);
    state->timestamp_ms =
        checkpoint == listing.checkpoints.end() ? 0 : checkpoint->second.files[0].modified_ms;
    return Status::OK();
  }
  state->commit_file = commit->second;
  state->timestamp_ms = commit->second.modified_ms;
  if (!InCommitTimestampsEnabled(state->protocol, state->metadata)) {
    return Status::OK();
  }
  if (!state->commit_info) {
    PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(commit->second.path));
    PL_ASSIGN_OR_RETURN(state->commit_info, FindCommitInfo(std::move(bytes), FileName(commit->second.path)));
  }
  if (state->commit_info && state->commit_info->in_commit_timestamp) {
    state->timestamp_ms = *state->commit_info->in_commit_timestamp;
  }
  return Status::OK();
}

Result<TableState> LoadState(const io::Location& table, std::optional<int64_t> version,
                             bool keep_tombstones) {
  PL_ASSIGN_OR_RETURN(LogListing listing, ListLog(table, version));
  const std::optional<int64_t> latest = listing.latest();
  if (!latest) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not a Delta table: no commit in _delta_log", table.path));
  }
  const int64_t target = version.value_or(*latest);
  if (target < 0 || target > *latest) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} has no version {}; the latest is {}", table.path, target, *latest));
  }
  Result<TableState> state = LoadFromBest(table, listing, target, keep_tombstones);
  if (!state.ok() && CodeOf(state.status()) != ErrorCode::kUnsupported) {
    // The hint may have hidden an older checkpoint that still works.
    PL_ASSIGN_OR_RETURN(listing, ListWholeLog(table));
    const auto oldest = listing.commits.begin();
    const bool cleaned_up = listing.checkpoints.upper_bound(target) == listing.checkpoints.begin() &&
                            (oldest == listing.commits.end() || oldest->first > 0);
    if (cleaned_up && target < *latest) {
      return Error(
          ErrorCode::kNotFound,
          fmt::format("version {} of {} is no longer there: its log was cleaned up", target, table.path));
    }
    state = LoadFromBest(table, listing, target, keep_tombstones);
  }
  if (!state.ok()) {
    return WithContext(state.status(), fmt::format("reading Delta table {}", table.path));
  }
  PL_RETURN_NOT_OK(FillTimestamp(table, listing, &*state));
  return state;
}

}  // namespace pixlake::delta
