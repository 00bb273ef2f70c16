// Appending to a Delta table with optimistic concurrency.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delta/snapshot_internal.h"
#include "table/table.h"

namespace pixlake::delta {

// A blind append. Commits are put-if-absent on the next version's name; a lost race
// is rebased over the winners' commits (see table::Transaction for the rules). A put
// whose answer never came is settled by reading back whose commit it is, by txnId.
class AppendTransaction : public table::Transaction {
 public:
  // kUnsupported when the table's features forbid appending.
  static Result<std::unique_ptr<AppendTransaction>> Begin(std::shared_ptr<const DeltaSnapshot> read);

  // Deletes what was staged and not committed.
  ~AppendTransaction() override;

  void Append(table::StagedFile file) override { files_.push_back(std::move(file)); }
  void SetTxn(std::string app_id, int64_t version) override;
  void KeepStagedFiles() override { never_delete_ = true; }
  Result<table::CommitOutcome> Commit() override;

 private:
  enum class Standing { kFree, kOurs, kAlreadyDone };

  explicit AppendTransaction(std::shared_ptr<const DeltaSnapshot> read);

  Status CheckFiles() const;
  Status CheckNotOverrun() const;
  std::string CommitBytes();
  // Reads the commits that others put at `version_` and after; moves `version_` past
  // them. kCommitConflict when our files do not fit what they changed.
  Result<Standing> Rebase();
  Result<Standing> ReadWinner(std::string bytes);
  Result<table::CommitOutcome> PutUntilSettled();
  void DeleteStaged();

  std::shared_ptr<const DeltaSnapshot> read_;
  std::vector<table::StagedFile> files_;
  std::optional<Txn> txn_;
  const std::string txn_id_;

  int64_t version_ = 0;                // the one we try to commit
  int64_t last_commit_timestamp_ = 0;  // in-commit, of version_ - 1
  Protocol protocol_;                  // as of version_ - 1
  Metadata metadata_;
  bool keep_files_ = false;    // committed, or nobody knows
  bool never_delete_ = false;  // the caller's, whatever happens
};

// The names and sizes of this program in commitInfo.
std::string EngineInfo();

}  // namespace pixlake::delta
