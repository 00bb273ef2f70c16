// Stretches of rows out of a row group, fetching only the pages they are in.
#pragma once

#include <memory>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/prune/page_pruning_internal.h"

namespace parquet {
class ArrowReaderProperties;
class FileMetaData;
}  // namespace parquet

namespace pixlake::table {

// Of one thread. What it throws is parquet's.
class RowRangeReader {
 public:
  // Null when the columns cannot be read so: lists, or structs of several leaves, whose pages
  // do not begin at the same rows. `leaves` in ascending order; `buffer_bytes` for each.
  static Result<std::unique_ptr<RowRangeReader>> Make(std::shared_ptr<arrow::io::RandomAccessFile> input,
                                                      const std::shared_ptr<parquet::FileMetaData>& metadata,
                                                      const parquet::ArrowReaderProperties& properties,
                                                      const std::vector<int>& leaves, int64_t buffer_bytes);
  virtual ~RowRangeReader() = default;

  // Whether the places of all pages of the columns are known and make sense.
  virtual Result<bool> Knows(int row_group) = 0;

  // From here on Next gives the rows of `range`, `batch_rows` being decoded at once.
  virtual Status Start(int row_group, RowRange range, int64_t batch_rows) = 0;

  // The next `rows` of them, one column for each leaf. kCorrupt when pages and index disagree.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t rows) = 0;
};

}  // namespace pixlake::table
