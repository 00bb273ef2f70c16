// DELETE, UPDATE, MERGE, INSERT and TRUNCATE of tables of any format.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "query/change/change_statement.h"
#include "query/session/sql_session.h"
#include "table/table.h"

namespace pixlake::query {

struct ChangeOptions {
  int64_t memory_bytes = int64_t{256} << 20;  // for rows on their way, besides the session's own
  std::string operation;                      // what the history calls it; empty: by the statement
  // How far applications have come with this commit (Transaction::NoteTxn).
  std::map<std::string, int64_t> noted_txns = {};
  std::optional<table::LeaseEpoch> lease = std::nullopt;  // Transaction::CommitUnder
  // What the table is from this commit on, in place of all that it was; nothing of it is kept.
  std::optional<table::TableDefinition> definition = std::nullopt;
};

struct ChangeReport {
  int64_t version = 0;     // of the table afterwards
  bool committed = false;  // false: there was nothing to change
  int attempts = 0;
  int64_t rows_deleted = 0;
  int64_t rows_updated = 0;
  int64_t rows_inserted = 0;
  int64_t rows_copied = 0;  // into new files because a file of theirs was rewritten
  int64_t files_added = 0;
  int64_t files_removed = 0;
  int64_t files_marked = 0;  // whose deletion vector grew
  int64_t change_files = 0;
};

// Runs the statement on the newest snapshot of `table`, as one commit. `scan_function` is
// the session's scan of tables of this format.
//
// Conditions are evaluated over the columns they name and no others. Rows are deleted by
// deletion vector where the table has them enabled, else their file is rewritten; a file
// that loses all its rows is dropped from the log alone. Rows that stay as they are in a
// file that is not rewritten are not read. Memory is bounded but for one bit of
// bookkeeping: eight bytes for each changed row of one file at a time.
//
// kUsage for what the statement gets wrong (also a row of the table that several rows of
// MERGE's source change), kSchemaMismatch for rows that break a rule of the table,
// kUnsupported for features and expressions that we do not have, kCommitConflict when
// another commit changed what the statement read: run again.
Result<ChangeReport> RunChange(SqlSession* session, table::Table* table, const std::string& scan_function,
                               const ChangeStatement& statement, const ChangeOptions& options = {});

}  // namespace pixlake::query
