// Rows of a table, whatever their partitions, to data files.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "io/location.h"
#include "table/data_file_writer.h"
#include "table/table.h"

namespace pixlake::query {

// Takes batches with all the columns of a table and hands each partition's rows to a
// writer of its own. At most kMostOpen stay open, so that rows in any order take bounded
// memory; rows ordered by partition make the fewest files. Files of a writer that is
// destroyed before Finish are deleted. Not thread-safe.
class TableRowsWriter {
 public:
  // `schema`: the table's, and what else the files shall hold; `file_schema` the same by
  // position as files have it. `memory` in bytes is what row groups may take.
  static Result<std::unique_ptr<TableRowsWriter>> Make(io::Location table,
                                                       std::shared_ptr<arrow::Schema> schema,
                                                       const arrow::Schema& file_schema,
                                                       std::vector<std::string> partition_columns,
                                                       std::string folder, int64_t memory);

  // The batch has the columns of `schema` by position, types as they convert.
  Status Write(const arrow::RecordBatch& batch);
  Result<std::vector<table::StagedFile>> Finish();
  int64_t rows() const { return rows_; }

 private:
  using Key = table::PartitionText;
  struct Open {
    Key key;
    std::unique_ptr<table::DataFileWriter> writer;
  };

  TableRowsWriter() = default;
  Result<Key> KeyOf(const arrow::RecordBatch& batch, int64_t row) const;
  Status WriteRun(const Key& key, const arrow::RecordBatch& batch);
  Result<table::DataFileWriter*> WriterFor(const Key& key);
  Status CloseOldest();

  io::Location table_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Schema> file_schema_;  // without the partition columns
  std::vector<int> partition_positions_;
  std::vector<int> file_positions_;
  table::DataFileOptions options_;
  std::list<Open> open_;  // the latest used first
  // Written and durable, deleted when nobody takes them.
  struct Finished {
    explicit Finished(const io::Location* table) : place(table) {}
    Finished(const Finished&) = delete;
    Finished& operator=(const Finished&) = delete;
    ~Finished();
    const io::Location* place;
    std::vector<table::StagedFile> files;
  } finished_{&table_};
  int64_t rows_ = 0;
};

}  // namespace pixlake::query
