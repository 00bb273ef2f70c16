// The values of a blob column one after the other, as bytes in their pages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

// For who copies blobs: pages are read in large pieces, in the file's order, their
// checksums compared; values are handed out where they lie, without being copied. Only
// files in our own layout (design section 6). Not thread-safe.
class BlobScanner {
 public:
  // Null when the file, or one of the top-level `columns`, is not in our layout: read it as
  // any Parquet file then. `path` is for messages.
  static Result<std::unique_ptr<BlobScanner>> Open(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                   const std::string& path,
                                                   const std::vector<std::string>& columns);
  virtual ~BlobScanner() = default;

  virtual int64_t num_rows() const = 0;

  // How many rows from `first_row` on have pages of at most `bytes` in all columns
  // together; at least 1, and never rows of two row groups.
  virtual Result<int64_t> RowsWithin(int64_t first_row, int64_t bytes) = 0;

  // The values of [first_row, first_row + count) as a `binary_view` array that keeps the
  // pages alive; `keep` (one a row, empty: all) leaves rows out. `column` is an ordinal of
  // Open's. Rows must not go back. kChecksum, kCorrupt name file and page.
  virtual Result<std::shared_ptr<arrow::Array>> Read(int column, int64_t first_row, int64_t count,
                                                     const std::vector<bool>& keep) = 0;
};

}  // namespace pixlake::file
