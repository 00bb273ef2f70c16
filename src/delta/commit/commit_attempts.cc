// From a transaction's changes to a commit: put, look who won, try again.
#include <chrono>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/log_listing_internal.h"
#include "io/settle.h"

namespace pixlake::delta {

namespace {

constexpr int kMaxAttempts = 200;
constexpr int kMaxSleepMillis = 64;

void SleepBeforeRetry(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int most = std::min(kMaxSleepMillis, 1 << std::min(attempt, 10));
  std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(0, most)(random)));
}

}  // namespace

Result<Standing> DeltaTransaction::Rebase() {
  ConflictCheck check(*read_, changes_, reads_, txn_id_);
  while (true) {
    Result<std::string> bytes =
        read_->location().store->ReadAll(CommitPath(read_->location(), head_.version + 1));
    if (!bytes.ok()) {
      return CodeOf(bytes.status()) == ErrorCode::kNotFound ? Result<Standing>(Standing::kFree)
                                                            : bytes.status();
    }
    PL_ASSIGN_OR_RETURN(const Standing standing, check.Pass(*std::move(bytes), &head_));
    if (standing != Standing::kFree) {
      return standing;
    }
  }
}

// A log that was cleaned up past our snapshot has free names that are not free.
Status DeltaTransaction::CheckNotOverrun() const {
  const int64_t next = head_.version + 1;
  const std::optional<int64_t> checkpoint = LastCheckpointHint(read_->location());
  if (!checkpoint || *checkpoint < next) {
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(read_->location()));
  const Result<std::vector<io::ObjectInfo>> winners = CommitsBetween(
      listing, head_.version, listing.latest().value_or(head_.version), read_->location().path);
  if (winners.ok()) {
    return Status::OK();
  }
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("commit {} by another writer came and was cleaned up since the table was read; nothing "
                  "was committed, run again to work on the table as it is now",
                  next));
}

bool DeltaTransaction::IsBlind() const {
  return reads_.empty() && changes_.removed.empty() && changes_.committed_again.empty();
}

Result<table::CommitOutcome> DeltaTransaction::PutUntilSettled() {
  const io::Location& table = read_->location();
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    PL_RETURN_NOT_OK(CheckStopped());
    const int64_t tried = head_.version + 1;
    PL_ASSIGN_OR_RETURN(CommitText commit,
                        MakeCommit(changes_, head_, {txn_id_, read_->version(), IsBlind()}));
    const Status put = table.store->PutIfAbsent(CommitPath(table, tried), commit.bytes);
    if (put.ok()) {
      checksum_ = std::move(commit.checksum);
      return table::CommitOutcome{tried, attempt, false};
    }
    const bool unknown = CodeOf(put) == ErrorCode::kCommitStateUnknown;
    if (!unknown && CodeOf(put) != ErrorCode::kAlreadyExists) {
      return put;
    }
    // Our commit may exist (also where our own lost answer was tried again by the
    // store), so its files stay until somebody else's commit was read in its place.
    keep_files_ = true;
    Result<Standing> standing = Rebase();
    const bool passed = head_.version >= tried;
    if (!standing.ok()) {
      const bool settled = passed || CodeOf(standing.status()) == ErrorCode::kCommitConflict;
      keep_files_ = keep_files_ && !settled;
      return unknown && keep_files_ ? put : standing.status();
    }
    // Another's commit stands where ours might have been: ours is not there.
    keep_files_ = keep_files_ && !passed;
    if (*standing != Standing::kFree) {
      // It is there, but the power may go: a sync may be what failed, or the other be dead.
      const Status settled = io::Settle(table.store.get(), LogFolder(table));
      if (!settled.ok()) return Error(ErrorCode::kCommitStateUnknown, settled.message());
    }
    if (*standing == Standing::kOurs) {
      return table::CommitOutcome{head_.version + 1, attempt, false};
    }
    if (*standing == Standing::kAlreadyDone) {
      keep_files_ = false;
      return table::CommitOutcome{head_.version + 1, attempt, true};
    }
    SleepBeforeRetry(attempt);
  }
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("lost the race for a commit to {} {} times; try again later", table.path, kMaxAttempts));
}

Result<table::CommitOutcome> DeltaTransaction::Commit() {
  const io::Location& table = read_->location();
  PL_RETURN_NOT_OK(CheckChanges());
  PL_RETURN_NOT_OK(CheckLeases());
  const std::optional<Txn>& txn = changes_.txn;
  if (txn && read_->TxnVersion(txn->app_id).value_or(INT64_MIN) >= txn->version) {
    PL_RETURN_NOT_OK(io::Settle(table.store.get(), LogFolder(table)));
    DeleteStaged();
    return table::CommitOutcome{read_->version(), 0, true};
  }
  if (changes_.empty()) {
    return table::CommitOutcome{read_->version(), 0, false};
  }
  PL_RETURN_NOT_OK(CheckNotOverrun());
  PL_RETURN_NOT_OK(WriteVectors());
  Result<table::CommitOutcome> outcome = PutUntilSettled();
  const bool first = read_->version() == kBeforeFirst;
  if (first && !outcome.ok() && CodeOf(outcome.status()) == ErrorCode::kCommitConflict) {
    return Error(ErrorCode::kAlreadyExists, fmt::format("somebody else made a table at {}", table.path));
  }
  if (!outcome.ok()) {
    return WithContext(outcome.status(), fmt::format("committing to {}", table.path));
  }
  if (outcome->already_done) {
    DeleteStaged();
    return outcome;
  }
  keep_files_ = true;
  // The commit stands whatever becomes of its checksum and checkpoint.
  if (checksum_) {
    (void)WriteChecksum(table, outcome->version, *checksum_);
  }
  if (!first && outcome->version % CheckpointInterval(metadata()) == 0) {
    (void)WriteCheckpoint(table, outcome->version);
  }
  return outcome;
}

}  // namespace pixlake::delta
