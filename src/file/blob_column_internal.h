// Encodes one blob column's pages: PLAIN, uncompressed, closed by bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/type_fwd.h>
#include <parquet/column_writer.h>
#include <parquet/metadata.h>
#include <parquet/size_statistics.h>

#include "base/result.h"

namespace pixlake::file {

// Appends binary values to a page and hands full pages to a PageWriter. One per
// row group and column. Throws what parquet throws; the file writer catches.
class BlobColumn {
 public:
  // `chunk` gets the size statistics (how many nulls there are, for ranged reads).
  BlobColumn(std::unique_ptr<parquet::PageWriter> pager, parquet::ColumnChunkMetaDataBuilder* chunk,
             bool nullable, int64_t page_bytes);

  // Rows [offset, offset + length) of a binary or large_binary array.
  Status Append(const arrow::Array& array, int64_t offset, int64_t length);
  // The last page, then the column chunk's metadata.
  Status Close();

 private:
  Status AppendValue(const uint8_t* data, int64_t size);
  Status AppendNull();
  Status FlushPage();
  Status Reserve(int64_t more);

  const std::unique_ptr<parquet::PageWriter> pager_;
  parquet::ColumnChunkMetaDataBuilder* const chunk_;
  const bool nullable_;
  const int64_t page_bytes_;
  std::shared_ptr<arrow::ResizableBuffer> page_;  // room for levels, then values
  int64_t end_ = 0;                               // of the values in page_
  int64_t value_bytes_ = 0;                       // image bytes in the page, without lengths
  std::vector<int16_t> levels_;                   // of the page's rows; used when nullable
  int64_t rows_in_page_ = 0;
  int64_t nulls_in_page_ = 0;
  int64_t first_row_ = 0;  // of the page, within the row group
  parquet::SizeStatistics chunk_sizes_;
};

}  // namespace pixlake::file
