// The pages of one blob column in one row group, as the page index has them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace parquet {
class ParquetFileReader;
}

namespace pixlake::file {

struct BlobPage {
  int64_t offset = 0;     // in the file, header included
  int64_t size = 0;       // bytes, header included
  int64_t first_row = 0;  // in the file
  int64_t rows = 0;
  int64_t value_bytes = -1;  // of all values, without lengths; -1 unknown
};

struct BlobChunk {
  // There is an offset index and no dictionary.
  bool indexed = false;
  // Values stand PLAIN and uncompressed at the end of their page.
  bool plain = false;
  // And every row has one, so that they are found by arithmetic.
  bool dense = false;
  std::vector<BlobPage> pages;
};

// `column` is the leaf's ordinal, `first_row` the row group's. kSchemaMismatch when the
// column holds no byte arrays; kCorrupt for an index that points outside the file or its
// rows. Throws what parquet throws.
Result<BlobChunk> LoadBlobChunk(parquet::ParquetFileReader* file, const std::string& path, int64_t file_size,
                                int row_group, int column, int64_t first_row);

// Where the values of a plain page start, in the file: the byte of the first length
// prefix, the lengths being those of all values in the page. What comes before, header
// and levels, has whatever size is left. -1 when they do not fit the page.
int64_t StartOfValues(const BlobPage& page, std::span<const int64_t> lengths);

}  // namespace pixlake::file
