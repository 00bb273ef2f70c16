// Parquet with the image-safe layout (design section 6, B1).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "file/data_statistics.h"
#include "io/store.h"

namespace pixlake::file {

struct BlobParquetOptions {
  // A row group closes when its uncompressed bytes reach this.
  int64_t row_group_bytes = int64_t{128} << 20;
  // A blob page closes when it reaches this; one value is never split.
  int64_t page_bytes = int64_t{1} << 20;
  // Pages that wait, for the row group to close or for the disk, are kept to about this; twice
  // row_group_bytes and nobody waits for the disk. 0: a quarter more than row_group_bytes.
  int64_t page_memory_bytes = 0;
  int zstd_level = 3;
  // Written into every Parquet field as its field id when given, by top-level position.
  std::vector<int32_t> field_ids;
  // Top-level texts, such as `id`, that get a bloom filter for each row group and no dictionary.
  std::vector<std::string> bloom_filter_columns;
  // Other top-level columns hardly any value of which comes twice: a dictionary would only cost.
  std::vector<std::string> distinct_columns;
};

// What a finished file is.
struct WrittenFile {
  int64_t size = 0;  // bytes
  DataStatistics statistics;
};

// Streams record batches into one Parquet file. Every binary column is a blob
// column: PLAIN, uncompressed, no dictionary, no statistics, no bloom filter, data
// pages and row groups closed by bytes, page index written. Pages of a blob column
// that comes first go straight to the file; the other columns (ZSTD, statistics,
// page index) and later blobs are buffered until the row group closes. Every page
// has its CRC-32. Not thread-safe.
class BlobParquetWriter {
 public:
  static Result<std::unique_ptr<BlobParquetWriter>> Open(std::unique_ptr<io::OutputFile> output,
                                                         std::shared_ptr<arrow::Schema> schema,
                                                         BlobParquetOptions options = {});
  virtual ~BlobParquetWriter() = default;

  // The batch must have the schema of Open (kSchemaMismatch otherwise; a null in
  // a non-nullable column too), its blobs at most 1 GiB each (kUsage), as binary,
  // large_binary or binary_view whichever the schema says. No reference to it is kept. A batch with
  // row_group_bytes of blobs becomes a row group of its own, and its blobs go to the file without being
  // copied: out of an mmap, they take no memory. After an error other than kUsage the file is of no use.
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  // Bytes written or buffered so far; what a caller closes files by.
  virtual int64_t bytes() const = 0;
  virtual int64_t rows() const = 0;
  // Writes the footer and closes the output (durable, visible).
  virtual Result<WrittenFile> Close() = 0;
  // The same but for closing the output, which the caller does: it may take long.
  virtual Result<WrittenFile> Finish(std::unique_ptr<io::OutputFile>* output) = 0;
};

}  // namespace pixlake::file
