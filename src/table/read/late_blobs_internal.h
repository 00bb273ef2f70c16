// Blobs read after the condition was looked at, of the rows alone that meet it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "file/blob/blob_reader.h"
#include "table/read/task_reader_internal.h"
#include "table/scan.h"

namespace pixlake::table {

// A task whose predicate is decided by small columns and whose output has blobs: the small
// columns are read first, then each blob that is wanted by a ranged read of its own, or
// with its neighbours where they are near.
class LateBlobReader : public arrow::RecordBatchReader {
 public:
  // Null when that is of no use here: no predicate, no blobs, a predicate on blobs, or a
  // file in which values cannot be found without reading the others.
  static Result<std::unique_ptr<arrow::RecordBatchReader>> Open(const std::shared_ptr<io::Store>& store,
                                                                const ScanPlan& plan, const ScanTask& task);

  std::shared_ptr<arrow::Schema> schema() const override { return plan_.output_schema; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override;

 private:
  // A blob column of the output.
  struct BlobField {
    std::string name;  // in the file
    file::BlobReader::PageRows page;
    std::vector<file::BlobPlace> places;  // of the page's rows
  };

  // Where a value is, or the value itself where that cannot be known beforehand.
  struct Value {
    file::BlobPlace place;
    std::shared_ptr<arrow::Buffer> bytes;
  };

  LateBlobReader(const ScanPlan& plan, const ScanTask& task);
  Result<bool> Prepare(const std::shared_ptr<io::Store>& store);
  bool PlanColumns();
  Status ReadSmall();
  Result<bool> KnowsPage(BlobField* field, int64_t row);
  Result<Value> Find(BlobField* field, int64_t row);
  Result<std::shared_ptr<arrow::Array>> ReadBlobs(const std::vector<Value>& values) const;

  ScanPlan plan_;  // without its tasks
  const ScanTask task_;
  std::vector<BlobField> blobs_;
  std::vector<int> small_;  // by column of the output: which of inner_'s; -1 for blobs
  std::shared_ptr<arrow::Schema> small_schema_;
  std::unique_ptr<TaskReader> inner_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::unique_ptr<file::BlobReader> reader_;

  std::shared_ptr<arrow::RecordBatch> rows_;  // that match, without their blobs
  int64_t next_ = 0;                          // of rows_
};

}  // namespace pixlake::table
