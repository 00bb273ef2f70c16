// A transaction on a table: what shall change, what was read for it, one commit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "table/data_file.h"
#include "table/predicate/predicate.h"
#include "table/schema_change.h"

namespace pixlake::table {

struct TableDefinition;

struct CommitOutcome {
  int64_t version = 0;
  int attempts = 1;           // 2 and more: it was rebased
  bool already_done = false;  // the txn had been committed before; nothing was added
};

// A lease that work is done under, and which of its epochs: whoever takes over has the next.
struct LeaseEpoch {
  std::string app_id;  // "pixlake/lease/ingest"
  int64_t epoch = 0;
};

// What the table's history says of the commit. Values as the format writes them: JSON
// text where they are not plain words.
struct Operation {
  std::string name;  // "WRITE", "DELETE", "OPTIMIZE"
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
};

// All or nothing, on the snapshot it began with. Files staged by a transaction that is not
// committed are deleted when it is destroyed. Not thread-safe.
//
// On a commit conflict the winners' commits are read and the transaction is moved past
// them, as long as it would have been the same had it begun after them (write
// serialisable: a blind append may come before or after us, whatever we read):
//  - rows added by a commit that also read or removed something, which may match what we read,
//  - removal of a file that we read or remove,
//  - a change of schema, properties or protocol (a blind append bears one that its files fit),
//  - a change of the same domain
// are kCommitConflict; the message names the commit, what it did and what to do. The same
// (app_id, version) committed by somebody else ends with `already_done`. What not every format has
// (deleted rows by position, changes of the schema one by one, features) is kUnsupported where it
// is not overridden.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual void Append(StagedFile file) = 0;
  // `file` is of the snapshot the transaction began with.
  virtual Status Remove(const DataFile& file) = 0;
  // From now on exactly the rows at these sorted physical positions are deleted: those that
  // were deleted before must be among them.
  virtual Status SetDeletedRows(const DataFile& file, const std::vector<uint64_t>& positions);
  // Rows for the change data feed. With one of them in a commit, readers of the feed take
  // the commit's changes from such files alone.
  virtual void AddChangeFile(StagedFile file) = 0;

  // Whoever appends says so: the rows keep the snapshot's WriteRules, each was checked, and
  // the files have the fields of FileSchema(). Without it no file is added to a table that has
  // rules or names of its own in files (kUnsupported, at the commit).
  virtual void RowsKeepRules() = 0;
  // As Snapshot::FileSchema(), for the columns as the transaction leaves them.
  virtual Result<std::shared_ptr<arrow::Schema>> FileSchema() const = 0;

  // Schema, partition columns, name, description, properties; the table's id stays.
  virtual Status SetDefinition(const TableDefinition& definition) = 0;
  // Columns, rules or properties, one by one; several make one commit. kUsage for what the
  // table does not have or cannot become, kUnsupported naming the feature or property that
  // it takes. Columns that an expression of the table names are the caller's to keep.
  virtual Status Change(const SchemaChange& change);
  virtual Status SetProperties(const std::map<std::string, std::string>& set,
                               const std::vector<std::string>& unset);
  // Upgrades the protocol as far as the features need it. kUnsupported names those that we
  // do not have.
  virtual Status EnableFeatures(const std::vector<std::string>& names);
  // Domain metadata; nullopt removes it.
  virtual void SetDomain(const std::string& domain, const std::optional<std::string>& configuration) = 0;

  // What was read to decide on the changes. Rows added or removed meanwhile that may match
  // are a conflict. Without either the transaction is blind.
  virtual void ReadFiles(Predicate predicate) = 0;
  virtual void ReadWholeTable() = 0;

  // False: the same rows as before, arranged anew. Rows others add are no conflict then.
  virtual void SetDataChange(bool data_change) = 0;
  virtual void SetOperation(Operation operation) = 0;
  // Exactly once: commits nothing when the table has (app_id, >= version).
  virtual void SetTxn(std::string app_id, int64_t version) = 0;
  // How far an application has come, noted with the commit (Snapshot::TxnVersion gives it back); any
  // number of them, of any version. Another's note for the same `app_id` meanwhile is a conflict.
  virtual Status NoteTxn(std::string app_id, int64_t version);
  // Notes the epoch with the commit, if there is one. A commit of a later epoch of this lease, in the
  // snapshot or met on the way, is kCommitConflict, also where there was nothing to commit: whoever holds
  // that epoch has taken the work over. Other commits of the same epoch are none.
  virtual Status CommitUnder(const LeaseEpoch& lease);
  // The staged files stay where they are even if they are not committed: something
  // durable names them and will commit them later, or the caller tries again with them.
  virtual void KeepStagedFiles() = 0;
  // With nothing to change: the version that was read, 0 attempts, no commit.
  virtual Result<CommitOutcome> Commit() = 0;
};

}  // namespace pixlake::table
