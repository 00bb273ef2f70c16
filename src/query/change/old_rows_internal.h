// The rows of one data file that are about to change, as they are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "file/blob/blob_reader.h"
#include "table/table.h"

namespace pixlake::query {

// Hands out rows by rising position, reading the file once from front to back. Where few
// rows of many are wanted, each of their blobs is one ranged read and no other blob is
// touched. Not thread-safe.
class OldRows {
 public:
  // `wanted`: about how many rows will be asked for.
  static Result<std::unique_ptr<OldRows>> Open(const std::shared_ptr<io::Store>& store,
                                               const table::Snapshot& snapshot, const table::DataFile& file,
                                               const std::vector<std::string>& columns, int64_t wanted,
                                               int64_t batch_bytes);

  // The rows at the first of `positions`: at least one, as many as `batch_bytes` allow.
  // They are sorted, none before the last that was given. kCorrupt when one is not there.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(std::span<const int64_t> positions);

 private:
  OldRows() = default;
  Status OpenBlobs(const std::shared_ptr<io::Store>& store, const table::ScanPlan& plan);
  // Sees to it that `batch_` reaches to `position`.
  Status Advance(int64_t position);
  Result<std::shared_ptr<arrow::Array>> ReadBlobs(const std::string& physical_name,
                                                  std::span<const int64_t> positions, int64_t* count);

  // A column of the output: of what is read in order, or blobs fetched one by one.
  struct Column {
    int read = -1;
    std::string blob;  // physical name
  };
  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Column> columns_;
  int64_t batch_bytes_ = 0;
  std::unique_ptr<file::BlobReader> blobs_;
  std::unique_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::RecordBatch> batch_;  // its last column is the position
  int64_t offset_ = 0;                         // rows of it that lie behind
};

}  // namespace pixlake::query
