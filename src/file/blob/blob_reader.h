// One value of a blob column out of a Parquet file, by ranged read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

// Where a value stands in its file.
struct BlobPlace {
  int64_t offset = -1;  // of the value's first byte; the 4 bytes before are its length
  int64_t length = -1;  // bytes; -1: null
};

// Footer and page index are read once (Open and first use) and kept; after that a
// value costs one ranged read. Any Parquet file is read; the ranged way needs what
// our writer gives every file: PLAIN, uncompressed pages and an offset index
// (design section 6). Thread-safe.
class BlobReader {
 public:
  // `path` is for messages.
  static Result<std::unique_ptr<BlobReader>> Open(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                  const std::string& path);
  virtual ~BlobReader() = default;

  virtual int64_t num_rows() const = 0;

  // The rows that share a page with `row`: absolute positions in the file. Empty
  // when the file has no page index for the column.
  struct PageRows {
    int64_t first = 0;
    int64_t count = 0;
  };
  virtual Result<PageRows> PageOf(const std::string& column, int64_t row) = 0;

  // The value at `row` (0-based in the file); null for a null. Reads the one page
  // it is in and compares its checksum if it has one (kChecksum). kNotFound for a row
  // or column that is not there; kCorrupt when page and index disagree.
  virtual Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& column, int64_t row) = 0;

  // The same with one read of just the value: `lengths` are those of all rows of
  // PageOf(column, row) in order (the table's own `size` column). The length in
  // front of the value is checked against it; the page's checksum cannot be.
  virtual Result<std::shared_ptr<arrow::Buffer>> ReadKnowingLengths(const std::string& column, int64_t row,
                                                                    std::span<const int64_t> lengths) = 0;

  // The places of all values of PageOf(column, row) in order. Empty when they cannot be
  // known: no page index, pages compressed or with a dictionary. `lengths` as above but
  // -1 where not known, and not trusted: when they do not add up, or are not known, the
  // lengths in the page are read instead.
  virtual Result<std::vector<BlobPlace>> PlacesOfPage(const std::string& column, int64_t row,
                                                      std::span<const int64_t> lengths) = 0;
};

}  // namespace pixlake::file
