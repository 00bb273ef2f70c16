// What a transaction changes, as the actions of one commit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/action/actions_internal.h"
#include "delta/snapshot/table_state_internal.h"
#include "delta/snapshot/version_checksum_internal.h"
#include "table/transaction.h"

namespace pixlake::delta {

// Whatever version it ends in.
struct PendingChanges {
  std::vector<table::StagedFile> appended;
  std::vector<table::StagedFile> change_files;
  std::vector<AddFile> removed;          // as the snapshot that was read has them
  std::vector<AddFile> committed_again;  // with another deletion vector, or restored
  std::vector<AddFile> restated;         // the very files that are there, with other statistics
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, DomainMetadata> domains;
  std::optional<Txn> txn;
  std::vector<Txn> noted_txns;
  std::vector<Txn> leases;  // that the commit is made under, and their epochs
  std::optional<table::Operation> operation;
  bool data_change = true;
  bool keeps_rules = false;  // constraints, generated columns and the like were seen to
  bool only_noted = false;   // a commit of commitInfo alone, for the history

  bool empty() const;
  // Adds rows and does nothing else.
  bool OnlyAppends() const;
};

// The table just before the commit that is tried.
struct TableHead {
  int64_t version = 0;
  Protocol protocol;
  Metadata metadata;
  int64_t last_commit_timestamp = 0;  // milliseconds; in-commit where enabled
  int64_t row_id_high_water_mark = -1;
  std::optional<StateTotals> totals;  // unless a winner's commit left them unknown

  static TableHead Of(const TableState& state);
};

// The highest row id of a `delta.rowTracking` domain; -1 when there is none or it is damaged.
int64_t RowIdHighWaterMark(const std::map<std::string, DomainMetadata>& domains);

struct CommitIdentity {
  std::string txn_id;
  int64_t read_version = 0;
  bool blind = false;  // nothing was read
};

struct CommitText {
  std::string bytes;
  // What the version adds up to; nullopt: not known.
  std::optional<VersionChecksum> checksum;
};

// The bytes of commit `head.version + 1`, commitInfo first. kUnsupported when row ids
// cannot be given (a file without a row count).
Result<CommitText> MakeCommit(const PendingChanges& changes, const TableHead& head,
                              const CommitIdentity& identity);

// The name and version of this program in commitInfo.
std::string EngineInfo();

}  // namespace pixlake::delta
