#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/log_compaction_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

Result<table::HistoryEntry> ReadHistoryEntry(const io::Location& table, int64_t version,
                                             const std::string& path, int64_t time) {
  PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(path));
  PL_ASSIGN_OR_RETURN(std::optional<CommitInfo> info, FindCommitInfo(std::move(bytes), path));
  table::HistoryEntry entry;
  entry.version = version;
  entry.timestamp_ms = time;
  if (info) {
    entry.timestamp_ms = info->in_commit_timestamp.value_or(time);
    entry.operation = std::move(info->operation);
    entry.parameters = std::move(info->parameters);
    entry.metrics = std::move(info->metrics);
    entry.engine = std::move(info->engine_info);
    entry.user_metadata = std::move(info->user_metadata);
  }
  return entry;
}

}  // namespace

Result<std::shared_ptr<const DeltaSnapshot>> DeltaTable::Advance(std::optional<int64_t> version) {
  std::shared_ptr<const DeltaSnapshot> known;
  {
    const std::lock_guard lock(mutex_);
    known = latest_;
  }
  PL_ASSIGN_OR_RETURN(const auto shared, cache_->Find(location_));
  known = known == nullptr || (shared != nullptr && shared->version() > known->version()) ? shared : known;
  if (known == nullptr || version.value_or(known->version()) < known->version()) {
    return nullptr;
  }
  Result<Advanced> advanced = AdvanceState(location_, known->state(), version);
  if (!advanced.ok() && CodeOf(advanced.status()) == ErrorCode::kCancelled) {
    return advanced.status();
  }
  if (!advanced.ok() || advanced->how == Advanced::How::kLost) {
    // The log is another one, or damaged: the full load finds out.
    cache_->Drop(location_);
    return nullptr;
  }
  return advanced->how == Advanced::How::kSame ? known
                                               : DeltaSnapshot::Make(location_, std::move(advanced->state));
}

Result<std::shared_ptr<const DeltaSnapshot>> DeltaTable::LoadVersion(std::optional<int64_t> version) {
  PL_ASSIGN_OR_RETURN(std::shared_ptr<const DeltaSnapshot> snapshot, Advance(version));
  const bool advanced = snapshot != nullptr;
  if (!advanced) {
    PL_ASSIGN_OR_RETURN(TableState state, LoadState(location_, version, false));
    PL_ASSIGN_OR_RETURN(snapshot, DeltaSnapshot::Make(location_, std::move(state)));
  }
  const std::lock_guard lock(mutex_);
  if (!version || latest_ == nullptr || (advanced && latest_->version() < snapshot->version())) {
    latest_ = snapshot;
    cache_->Put(snapshot);
  }
  return snapshot;
}

Result<std::shared_ptr<const table::Snapshot>> DeltaTable::Load(const table::VersionSpec& spec) {
  if (spec.version && spec.as_of_ms) {
    return Error(ErrorCode::kUsage, "give a version or a time to read at, not both");
  }
  std::optional<int64_t> version = spec.version;
  if (spec.as_of_ms) {
    PL_ASSIGN_OR_RETURN(version, VersionAsOf(location_, *spec.as_of_ms));
  }
  PL_ASSIGN_OR_RETURN(std::shared_ptr<const DeltaSnapshot> snapshot, LoadVersion(version));
  return std::shared_ptr<const table::Snapshot>(std::move(snapshot));
}

Result<std::unique_ptr<table::Transaction>> DeltaTable::Begin(std::shared_ptr<const table::Snapshot> read) {
  auto snapshot = std::dynamic_pointer_cast<const DeltaSnapshot>(std::move(read));
  if (snapshot == nullptr || snapshot->location().path != location_.path) {
    return Error(ErrorCode::kInternal,
                 fmt::format("a transaction on {} was given another table's snapshot", location_.path));
  }
  PL_ASSIGN_OR_RETURN(auto transaction, DeltaTransaction::Begin(std::move(snapshot)));
  return std::unique_ptr<table::Transaction>(std::move(transaction));
}

Result<std::unique_ptr<table::Transaction>> DeltaTable::BeginAppend(
    std::shared_ptr<const table::Snapshot> read) {
  if (const auto* snapshot = dynamic_cast<const DeltaSnapshot*>(read.get())) {
    const TableState& state = snapshot->state();
    const Status appendable = CheckAppendable(state.protocol, state.metadata, *state.schema, false);
    if (!appendable.ok()) {
      return WithContext(appendable, fmt::format("appending to {}", location_.path));
    }
  }
  return Begin(std::move(read));
}

Result<std::vector<table::HistoryEntry>> DeltaTable::History(int64_t limit) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(location_));
  if (listing.commits.empty() && listing.checkpoints.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not a Delta table: no commit in _delta_log", location_.path));
  }
  const std::map<int64_t, int64_t> times = CommitTimes(listing);
  std::vector<table::HistoryEntry> out;
  for (auto commit = listing.commits.rbegin(); commit != listing.commits.rend(); ++commit) {
    if (limit > 0 && static_cast<int64_t>(out.size()) >= limit) {
      break;
    }
    PL_ASSIGN_OR_RETURN(
        table::HistoryEntry entry,
        ReadHistoryEntry(location_, commit->first, commit->second.path, times.at(commit->first)));
    out.push_back(std::move(entry));
  }
  return out;
}

Result<table::LogCompactionReport> DeltaTable::CompactLog(std::optional<int64_t> first,
                                                          std::optional<int64_t> last) {
  // What a feature that we do not have puts in commits would be lost.
  PL_ASSIGN_OR_RETURN(const auto snapshot, LoadVersion(std::nullopt));
  PL_RETURN_NOT_OK(CheckWritable(snapshot->state().protocol, snapshot->state().metadata));
  return delta::CompactLog(location_, first, last);
}

}  // namespace pixlake::delta
