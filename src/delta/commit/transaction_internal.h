// A transaction on a Delta table, with optimistic concurrency.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delta/commit/commit_actions_internal.h"
#include "delta/commit/conflict_check_internal.h"
#include "delta/snapshot/snapshot_internal.h"
#include "delta/vector/deletion_vector_writer_internal.h"
#include "table/table.h"

namespace pixlake::delta {

// Commits are put-if-absent on the next version's name; a lost race is rebased over the
// winners' commits (see table::Transaction for the rules). A put whose answer never came
// is settled by reading back whose commit it is, by txnId.
class DeltaTransaction : public table::Transaction {
 public:
  // kUnsupported when the table's features forbid writing.
  static Result<std::unique_ptr<DeltaTransaction>> Begin(std::shared_ptr<const DeltaSnapshot> read);

  // Deletes what was staged and not committed.
  ~DeltaTransaction() override;

  void Append(table::StagedFile file) override { changes_.appended.push_back(std::move(file)); }
  Status Remove(const table::DataFile& file) override;
  Status SetDeletedRows(const table::DataFile& file, const std::vector<uint64_t>& positions) override;
  void AddChangeFile(table::StagedFile file) override { changes_.change_files.push_back(std::move(file)); }
  void RowsKeepRules() override { changes_.keeps_rules = true; }
  Result<std::shared_ptr<arrow::Schema>> FileSchema() const override;
  Status SetDefinition(const table::TableDefinition& definition) override;
  Status Change(const table::SchemaChange& change) override;
  Status SetProperties(const std::map<std::string, std::string>& set,
                       const std::vector<std::string>& unset) override;
  Status EnableFeatures(const std::vector<std::string>& names) override;
  void SetDomain(const std::string& domain, const std::optional<std::string>& configuration) override;
  void ReadFiles(table::Predicate predicate) override { reads_.predicates.push_back(std::move(predicate)); }
  void ReadWholeTable() override { reads_.whole_table = true; }
  void SetDataChange(bool data_change) override { changes_.data_change = data_change; }
  void SetOperation(table::Operation operation) override { changes_.operation = std::move(operation); }
  void SetTxn(std::string app_id, int64_t version) override;
  Status NoteTxn(std::string app_id, int64_t version) override;
  Status CommitUnder(const table::LeaseEpoch& lease) override;
  void KeepStagedFiles() override { never_delete_ = true; }
  Result<table::CommitOutcome> Commit() override;

  // For operations of this format alone.
  const DeltaSnapshot& read() const { return *read_; }
  // The file goes, and comes back with another deletion vector (none: nullopt).
  Status ReplaceVector(const AddFile& file, std::optional<DeletionVectorDescriptor> vector);
  // A file of the snapshot that was read goes.
  Status RemoveAsIs(const AddFile& file) { return RemoveOnce(file); }
  // A file of an earlier version comes back as it was.
  void Restore(AddFile file) { changes_.committed_again.push_back(std::move(file)); }
  // A file of the snapshot that was read gets other statistics.
  Status Restate(AddFile file);
  // Commits even when nothing changes: the operation shall stand in the history.
  void NoteOnly() { changes_.only_noted = true; }
  void SetMetadata(Metadata metadata) { changes_.metadata = std::move(metadata); }
  void SetProtocol(Protocol protocol) { changes_.protocol = std::move(protocol); }

 private:
  explicit DeltaTransaction(std::shared_ptr<const DeltaSnapshot> read);

  const Metadata& metadata() const;
  const Protocol& protocol() const;
  Status RemoveOnce(const AddFile& file);
  Status TakeMetadata(Metadata changed);
  Status CheckCompatibleChange(const arrow::Schema& schema, const Metadata& changed) const;
  Status CheckChanges() const;
  bool IsBlind() const;  // nothing was read, and files only come
  Status CheckFiles(const arrow::Schema& schema) const;
  Status CheckNotOverrun() const;
  // That no later epoch of its leases is in the snapshot.
  Status CheckLeases() const;
  // Makes the vectors durable and gives them to the files they are of.
  Status WriteVectors();
  // Reads the commits that others put at the version we tried and after, and moves
  // `head_` past them.
  Result<Standing> Rebase();
  Result<table::CommitOutcome> PutUntilSettled();
  void DeleteStaged();

  std::shared_ptr<const DeltaSnapshot> read_;
  PendingChanges changes_;
  ReadSet reads_;
  DeletionVectorWriter vectors_;
  std::map<size_t, size_t> vector_of_;       // by position in changes_.committed_again
  std::vector<std::string> staged_paths_;    // the vectors' file
  std::unordered_set<std::string> removed_;  // canonical paths of changes_.removed
  const std::string txn_id_;
  std::optional<VersionChecksum> checksum_;  // of what was committed
  TableHead head_;                           // before the version we try to commit
  bool keep_files_ = false;                  // committed, or nobody knows
  bool never_delete_ = false;                // the caller's, whatever happens
};

}  // namespace pixlake::delta
