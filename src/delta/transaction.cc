#include <chrono>
#include <random>
#include <thread>

#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/uuid.h"
#include "delta/action_json_internal.h"
#include "delta/checkpoint_writer_internal.h"
#include "delta/features_internal.h"
#include "delta/file_stats_internal.h"
#include "delta/log_listing_internal.h"
#include "delta/schema_json_internal.h"
#include "delta/transaction_internal.h"
#include "delta/value_text_internal.h"

namespace pixlake::delta {

namespace {

constexpr int kMaxAttempts = 200;
constexpr int kMaxSleepMillis = 64;
constexpr int kDefaultIndexedColumns = 32;

int IndexedColumns(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.dataSkippingNumIndexedCols");
  if (found == metadata.configuration.end()) {
    return kDefaultIndexedColumns;
  }
  const nlohmann::json value = nlohmann::json::parse(found->second, nullptr, false);
  const bool sane = value.is_number_integer() && value >= -1 && value <= 1'000'000;
  return sane ? value.get<int>() : kDefaultIndexedColumns;
}

void SleepBeforeRetry(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int most = std::min(kMaxSleepMillis, 1 << std::min(attempt, 10));
  std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(0, most)(random)));
}

Status Conflict(int64_t version, std::string_view what) {
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("commit {} by another writer {}; nothing was added, run again to append to the table as it "
                  "is now",
                  version, what));
}

}  // namespace

std::string EngineInfo() {
  return "pixlake/" PIXLAKE_VERSION;
}

AppendTransaction::AppendTransaction(std::shared_ptr<const DeltaSnapshot> read)
    : read_(std::move(read)), txn_id_(NewUuid()), version_(read_->version() + 1) {
  protocol_ = read_->state().protocol;
  metadata_ = read_->state().metadata;
  last_commit_timestamp_ = read_->timestamp_ms();
}

Result<std::unique_ptr<AppendTransaction>> AppendTransaction::Begin(
    std::shared_ptr<const DeltaSnapshot> read) {
  const TableState& state = read->state();
  const Status appendable = CheckAppendable(state.protocol, state.metadata, *state.schema);
  if (!appendable.ok()) {
    return WithContext(appendable, fmt::format("appending to {}", read->location().path));
  }
  const bool unknown_time = InCommitTimestampsEnabled(state.protocol, state.metadata) &&
                            !(state.commit_info && state.commit_info->in_commit_timestamp);
  if (unknown_time) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format(
            "appending to {}: feature inCommitTimestamp is on but commit {} has no timestamp to follow",
            read->location().path, state.version));
  }
  return std::unique_ptr<AppendTransaction>(new AppendTransaction(std::move(read)));
}

AppendTransaction::~AppendTransaction() {
  if (!keep_files_) {
    DeleteStaged();
  }
}

void AppendTransaction::DeleteStaged() {
  if (never_delete_) {
    return;
  }
  for (const table::StagedFile& file : files_) {
    // Best effort: an unreferenced file is no part of the table.
    (void)read_->location().store->Delete(read_->location().Child(file.name));
  }
}

void AppendTransaction::SetTxn(std::string app_id, int64_t version) {
  txn_ = Txn{std::move(app_id), version, NowMillis()};
}

Status AppendTransaction::CheckFiles() const {
  for (const table::StagedFile& file : files_) {
    for (const std::string& column : metadata_.partition_columns) {
      if (!file.partition_values.contains(column)) {
        return Error(ErrorCode::kSchemaMismatch,
                     fmt::format("staged file {} has no value for partition column `{}`", file.name, column));
      }
      // A text that does not fit would make the whole table unreadable.
      const auto field = read_->state().schema->GetFieldByName(column);
      if (field == nullptr) {
        return Error(ErrorCode::kCorrupt, fmt::format("the schema has no partition column `{}`", column));
      }
      const auto value = ParsePartitionValue(file.partition_values.at(column), field->type());
      if (!value.ok() || (!(*value)->is_valid && !field->nullable())) {
        return Error(ErrorCode::kSchemaMismatch,
                     fmt::format("staged file {} has no valid value for partition column `{}`: {}", file.name,
                                 column, value.ok() ? "it may not be null" : value.status().message()));
      }
    }
    if (file.partition_values.size() != metadata_.partition_columns.size()) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("staged file {} has values for {} partition columns, the table has {}",
                               file.name, file.partition_values.size(), metadata_.partition_columns.size()));
    }
  }
  return Status::OK();
}

std::string AppendTransaction::CommitBytes() {
  const int64_t now = NowMillis();
  CommitInfo info;
  info.timestamp = now;
  if (InCommitTimestampsEnabled(protocol_, metadata_)) {
    info.in_commit_timestamp = std::max(now, last_commit_timestamp_ + 1);
  }
  info.operation = "WRITE";
  info.parameters = {{"mode", "Append"}, {"partitionBy", nlohmann::json(metadata_.partition_columns).dump()}};
  info.engine_info = EngineInfo();
  info.txn_id = txn_id_;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string actions;
  if (txn_) {
    actions += ActionToJson(*txn_) + "\n";
  }
  for (const table::StagedFile& file : files_) {
    AddFile add;
    add.path = io::PercentEncodePath(file.name);
    add.partition_values = file.partition_values;
    add.size = file.size;
    add.modification_time = file.modified_ms;
    add.stats = WriteStats(file.statistics, IndexedColumns(metadata_));
    rows += file.statistics.num_rows;
    bytes += file.size;
    actions += ActionToJson(add) + "\n";
  }
  info.metrics = {{"numFiles", std::to_string(files_.size())},
                  {"numOutputRows", std::to_string(rows)},
                  {"numOutputBytes", std::to_string(bytes)}};
  return ActionToJson(info) + "\n" + actions;
}

Result<AppendTransaction::Standing> AppendTransaction::ReadWinner(std::string bytes) {
  bool ours = false;
  bool done = false;
  bool metadata_changed = false;
  bool protocol_changed = false;
  PL_RETURN_NOT_OK(ParseActions(std::move(bytes), fmt::format("{:020}.json", version_), [&](Action action) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) {
      ours = ours || info->txn_id == txn_id_;
      last_commit_timestamp_ = info->in_commit_timestamp.value_or(last_commit_timestamp_);
    } else if (const auto* txn = std::get_if<Txn>(&action)) {
      done = done || (txn_ && txn->app_id == txn_->app_id && txn->version >= txn_->version);
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      metadata_ = std::move(*metadata);
      metadata_changed = true;
    } else if (auto* protocol = std::get_if<Protocol>(&action)) {
      protocol_ = std::move(*protocol);
      protocol_changed = true;
    }
    return Status::OK();
  }));
  if (ours) {
    return Standing::kOurs;
  }
  if (done) {
    return Standing::kAlreadyDone;
  }
  if (metadata_changed || protocol_changed) {
    const Metadata& before = read_->state().metadata;
    PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata_.schema_string));
    if (metadata_.id != before.id || metadata_.partition_columns != before.partition_columns ||
        !schema->Equals(*read_->state().schema, true)) {
      return Conflict(version_, "changed the table's schema");
    }
    const Status appendable = CheckAppendable(protocol_, metadata_, *schema);
    if (!appendable.ok()) {
      return Conflict(version_, fmt::format("changed the table so that {}", appendable.message()));
    }
  }
  return Standing::kFree;
}

Result<AppendTransaction::Standing> AppendTransaction::Rebase() {
  while (true) {
    Result<std::string> bytes = read_->location().store->ReadAll(CommitPath(read_->location(), version_));
    if (!bytes.ok()) {
      return CodeOf(bytes.status()) == ErrorCode::kNotFound ? Result<Standing>(Standing::kFree)
                                                            : bytes.status();
    }
    PL_ASSIGN_OR_RETURN(const Standing standing, ReadWinner(*std::move(bytes)));
    if (standing != Standing::kFree) {
      return standing;
    }
    ++version_;
  }
}

// A log that was cleaned up past our snapshot has free names that are not free.
Status AppendTransaction::CheckNotOverrun() const {
  const std::optional<int64_t> checkpoint = LastCheckpointHint(read_->location());
  if (!checkpoint || *checkpoint < version_) {
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(read_->location()));
  const Result<std::vector<io::ObjectInfo>> winners =
      CommitsBetween(listing, version_ - 1, listing.latest().value_or(version_ - 1), read_->location().path);
  return winners.ok() ? Status::OK() : Conflict(version_, "came and was cleaned up since the table was read");
}

Result<table::CommitOutcome> AppendTransaction::PutUntilSettled() {
  const io::Location& table = read_->location();
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    PL_RETURN_NOT_OK(CheckInterrupt());
    const Status put = table.store->PutIfAbsent(CommitPath(table, version_), CommitBytes());
    if (put.ok()) {
      return table::CommitOutcome{version_, attempt, false};
    }
    const bool unknown = CodeOf(put) == ErrorCode::kCommitStateUnknown;
    if (!unknown && CodeOf(put) != ErrorCode::kAlreadyExists) {
      return put;
    }
    // Our commit may exist (also where our own lost answer was tried again by the
    // store), so its files stay until somebody else's commit was read in its place.
    keep_files_ = true;
    const int64_t tried = version_;
    Result<Standing> standing = Rebase();
    if (!standing.ok()) {
      const bool settled = version_ > tried || CodeOf(standing.status()) == ErrorCode::kCommitConflict;
      keep_files_ = keep_files_ && !settled;
      return unknown && keep_files_ ? put : standing.status();
    }
    // Another's commit stands where ours might have been: ours is not there.
    keep_files_ = keep_files_ && version_ == tried;
    if (*standing == Standing::kOurs) {
      return table::CommitOutcome{version_, attempt, false};
    }
    if (*standing == Standing::kAlreadyDone) {
      keep_files_ = false;
      return table::CommitOutcome{version_, attempt, true};
    }
    SleepBeforeRetry(attempt);
  }
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("lost the race for a commit to {} {} times; try again later", table.path, kMaxAttempts));
}

Result<table::CommitOutcome> AppendTransaction::Commit() {
  const io::Location& table = read_->location();
  PL_RETURN_NOT_OK(CheckFiles());
  if (txn_ && read_->TxnVersion(txn_->app_id).value_or(INT64_MIN) >= txn_->version) {
    DeleteStaged();
    files_.clear();
    return table::CommitOutcome{read_->version(), 0, true};
  }
  if (files_.empty() && !txn_) {
    return table::CommitOutcome{read_->version(), 0, false};
  }
  PL_RETURN_NOT_OK(CheckNotOverrun());
  Result<table::CommitOutcome> outcome = PutUntilSettled();
  if (!outcome.ok()) {
    return WithContext(outcome.status(), fmt::format("committing to {}", table.path));
  }
  if (outcome->already_done) {
    DeleteStaged();
    files_.clear();
    return outcome;
  }
  keep_files_ = true;
  if (outcome->version % CheckpointInterval(metadata_) == 0) {
    // The commit stands whatever becomes of its checkpoint.
    (void)WriteCheckpoint(table, outcome->version);
  }
  return outcome;
}

}  // namespace pixlake::delta
