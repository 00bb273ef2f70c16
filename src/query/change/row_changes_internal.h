// Carries out the rows of a ChangeQuery.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "query/change/change.h"
#include "query/change/change_query_internal.h"
#include "query/change/old_rows_internal.h"
#include "query/change/table_rows_writer_internal.h"
#include "table/transaction.h"

namespace pixlake::query {

// How many rows of one file change.
struct FileCounts {
  int64_t deletes = 0;
  int64_t updates = 0;
};

// Takes batches of the query's rows, ordered by file, position, inserts last, and stages
// everything with the transaction. Of one thread.
class RowChanges {
 public:
  // `snapshot` and `files` (by ordinal) are what the query read; `counts` by ordinal.
  static Result<std::unique_ptr<RowChanges>> Make(const table::Table& table,
                                                  std::shared_ptr<const table::Snapshot> snapshot,
                                                  std::vector<table::DataFile> files,
                                                  const ChangeTarget& target, const ChangeQuery& query,
                                                  std::map<int64_t, FileCounts> counts,
                                                  table::Transaction* transaction, int64_t memory,
                                                  ChangeReport* report);

  Status Add(const arrow::RecordBatch& batch);
  // Stages the files; the commit is the caller's.
  Status Finish();

 private:
  RowChanges() = default;
  // Rows [begin, end) of the batch, all of one file.
  Status AddRun(const arrow::RecordBatch& batch, int64_t begin, int64_t end);
  Status StartFile(int64_t ordinal);
  Status EndFile();
  Status RewriteFile(const std::vector<uint64_t>& gone);
  Status ChangeRows(const arrow::RecordBatch& batch, const std::vector<int64_t>& rows);
  Status InsertRows(const arrow::RecordBatch& batch);
  Result<std::shared_ptr<arrow::RecordBatch>> Updated(const arrow::RecordBatch& old,
                                                      const arrow::RecordBatch& batch,
                                                      const std::shared_ptr<arrow::Array>& rows) const;
  Result<std::shared_ptr<arrow::Array>> ValueOf(const arrow::RecordBatch& batch, size_t value) const;
  Status WriteChange(const arrow::RecordBatch& rows, const char* type);

  io::Location location_;
  std::shared_ptr<const table::Snapshot> snapshot_;
  std::vector<table::DataFile> files_;
  std::map<int64_t, FileCounts> counts_;
  const ChangeTarget* target_ = nullptr;
  const ChangeQuery* query_ = nullptr;
  table::Transaction* transaction_ = nullptr;
  ChangeReport* report_ = nullptr;
  int64_t batch_bytes_ = 0;
  std::vector<std::string> old_columns_;  // what is read of rows that change

  std::unique_ptr<TableRowsWriter> rows_;
  std::unique_ptr<TableRowsWriter> feed_;  // null: no change files are needed

  int64_t file_ = -1;             // the ordinal at hand
  std::vector<uint64_t> gone_;    // its positions that are deleted or updated
  std::unique_ptr<OldRows> old_;  // opened when first needed
};

}  // namespace pixlake::query
