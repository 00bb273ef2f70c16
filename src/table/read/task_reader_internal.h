// The reader of one data file.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "table/column/field_match_internal.h"
#include "table/prune/row_group_pruning_internal.h"
#include "table/read/row_range_reader_internal.h"
#include "table/scan.h"

namespace parquet::arrow {
class FileReader;
}

namespace pixlake::table {

class TaskReader : public arrow::RecordBatchReader {
 public:
  TaskReader(const ScanPlan& plan, const ScanTask& task);
  ~TaskReader() override;

  // Reads the footer (unless the answer needs nothing of the file) and settles
  // which row groups and columns to read. Once, before the first ReadNext.
  Status Open(const std::shared_ptr<io::Store>& store);

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override;

 private:
  // One column of the output: a value that holds for the whole file, the rows' own
  // positions, or a match.
  struct Column {
    bool is_constant = false;
    bool is_position = false;
    std::shared_ptr<arrow::Scalar> constant;  // null: null
    size_t match = 0;                         // into match_.fields
  };
  // A stretch of rows of the file that is read: a row group, some of one, or the whole file.
  struct Stretch {
    int row_group = -1;
    int64_t first_row = 0;
    int64_t num_rows = 0;
    int64_t batch_rows = 0;  // how many fit the budget of bytes
    int64_t in_group = -1;   // where some of one begin in it
  };

  const std::shared_ptr<arrow::Scalar>* PartitionValue(const std::string& column) const;
  Status OpenFile(const std::shared_ptr<io::Store>& store);
  Status PlanColumns();
  Result<FilePredicate> PlacePredicate();
  Status PlanRowGroups();
  Status PlanRowGroup(const Stretch& whole, const FilePredicate& predicate);
  int64_t BufferBytes() const;
  Status CheckRows(int64_t file_rows) const;
  bool IsSelected(int64_t first_row, int64_t rows) const;
  int64_t BatchRows(int row_group) const;
  Status ReadMore();
  Result<std::shared_ptr<arrow::RecordBatch>> NextPhysical(int64_t* rows);
  Result<std::shared_ptr<arrow::RecordBatch>> ToOutput(const arrow::RecordBatch* physical, int64_t first_row,
                                                       int64_t rows);
  Status Split(std::shared_ptr<arrow::RecordBatch> batch);
  // Names the file, and tells bytes that break the format from a store that fails.
  Status InFile(const Status& status) const;

  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::Schema> table_schema_;
  const std::vector<FieldMapping> mapping_;
  const BoundPredicate predicate_;
  const int64_t batch_rows_;
  const int64_t batch_bytes_;
  const ScanTask task_;

  std::shared_ptr<arrow::io::RandomAccessFile> input_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  FileMatch match_;
  std::vector<int> leaves_;
  std::vector<Column> columns_;
  std::vector<Stretch> stretches_;

  size_t stretch_ = 0;
  int64_t row_in_stretch_ = 0;
  std::unique_ptr<arrow::RecordBatchReader> row_group_;
  std::unique_ptr<RowRangeReader> ranges_;  // null: of no use here, or not tried yet
  bool ranges_tried_ = false;
  std::deque<std::shared_ptr<arrow::RecordBatch>> ready_;
};

}  // namespace pixlake::table
