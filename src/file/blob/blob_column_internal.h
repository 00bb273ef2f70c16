// Encodes one blob column's pages: PLAIN, uncompressed, checksummed, closed by bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/size_statistics.h>

#include "base/result.h"

namespace pixlake::file {

// Blocks of memory that pages are laid into, used again once a file has written them: fresh
// memory costs the kernel as much time as writing it to a file does.
class PageBlocks {
 public:
  // Over `most_bytes` what a file still holds is waited for; `file` outlives this.
  PageBlocks(int64_t page_bytes, int64_t most_bytes, arrow::io::OutputStream* file);
  // What the file still holds is freed as it is written.
  ~PageBlocks();
  // At least `size` bytes, uninitialised. Its last owner gives it back, on any thread.
  Result<std::shared_ptr<arrow::Buffer>> Take(int64_t size);

 private:
  struct Pool {
    std::mutex mutex;
    std::vector<std::unique_ptr<arrow::Buffer>> free;
    int64_t bytes = 0;    // of all blocks that there are
    bool closed = false;  // nobody takes any more
  };

  std::unique_ptr<arrow::Buffer> TakeFree(int64_t size, bool* full);
  void DropFree();

  const int64_t block_size_;
  const int64_t most_bytes_;
  arrow::io::OutputStream* const file_;
  const std::shared_ptr<Pool> pool_;
};

// One column of one row group. Pages wait in memory until Start() says where the
// chunk begins, and are handed over to the file then; later ones go straight to it, large
// values without being copied. Throws what parquet throws; the file writer catches.
class BlobColumn {
 public:
  // A value of more bytes does not fit into a page, whose sizes are 32-bit.
  static constexpr int64_t kMaxValueBytes = int64_t{1} << 30;

  // `chunk` gets the size statistics (how many nulls there are, for ranged reads).
  BlobColumn(parquet::ColumnChunkMetaDataBuilder* chunk, parquet::OffsetIndexBuilder* index, bool nullable,
             int64_t page_bytes, PageBlocks* blocks);

  // The columns before are in the file: this one's chunk starts here. Once is enough.
  Status Start(arrow::io::OutputStream* file);
  // Rows [offset, offset + length) of a binary or large_binary array.
  Status Append(const arrow::Array& array, int64_t offset, int64_t length);
  // The last page, then the column chunk's metadata. Needs Start().
  Status Close();

 private:
  // A page that is complete and waits: header and levels, then the values.
  struct Page {
    std::string front;
    std::shared_ptr<arrow::Buffer> values;  // of a block, or null
  };

  Status AppendValue(const uint8_t* data, int64_t size);
  Status AppendNull();
  Status OpenPage(int64_t size);
  Status ClosePage();
  // A page of one value that is not copied.
  Status WriteLargeValue(const uint8_t* data, int64_t size);
  // Header and levels of a page whose values are `first`, then `second`.
  std::string Front(std::string_view first, std::string_view second);
  std::string EncodedLevels();

  parquet::ColumnChunkMetaDataBuilder* const chunk_;
  parquet::OffsetIndexBuilder* const index_;
  const bool nullable_;
  const int64_t page_bytes_;
  PageBlocks* const blocks_;
  arrow::io::OutputStream* file_ = nullptr;
  int64_t chunk_start_ = 0;  // in the file
  int64_t chunk_size_ = 0;   // bytes of the pages that are complete
  std::vector<Page> waiting_;
  std::shared_ptr<arrow::Buffer> block_;  // is being filled
  int64_t block_used_ = 0;

  uint8_t* page_ = nullptr;  // values of the open page; null until there is one
  int64_t page_size_ = 0;
  std::vector<int16_t> levels_;  // of the open page's rows; used when nullable
  int64_t rows_in_page_ = 0;
  int64_t nulls_in_page_ = 0;
  int64_t first_row_ = 0;  // of the open page, within the row group
  int32_t pages_ = 0;
  parquet::SizeStatistics chunk_sizes_;
};

}  // namespace pixlake::file
