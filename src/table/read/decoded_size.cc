#include <algorithm>
#include <cstring>
#include <limits>

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/size_statistics.h>

#include "table/read/decoded_size_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kMost = std::numeric_limits<int32_t>::max();

// Parquet format, "Plain": a dictionary's byte arrays stand behind their lengths.
int64_t LargestOf(const parquet::DictionaryPage& dictionary) {
  int64_t largest = 0;
  for (int64_t at = 0; at + 4 <= dictionary.size();) {
    uint32_t length = 0;
    std::memcpy(&length, dictionary.data() + at, 4);
    largest = std::max<int64_t>(largest, length);
    at += 4 + int64_t{length};
  }
  return std::min<int64_t>(largest, dictionary.size());
}

int64_t LargestInDictionary(parquet::RowGroupReader* group, int leaf) {
  const auto pages = group->GetColumnPageReader(leaf);
  const auto page = pages->NextPage();
  if (page == nullptr || page->type() != parquet::PageType::DICTIONARY_PAGE) return 0;
  return LargestOf(static_cast<const parquet::DictionaryPage&>(*page));
}

}  // namespace

int64_t DecodedRowBytes(parquet::ParquetFileReader* file, int row_group, const std::vector<int>& leaves) {
  const auto group = file->RowGroup(row_group);
  const auto metadata = file->metadata()->RowGroup(row_group);
  const int64_t rows = std::max<int64_t>(1, metadata->num_rows());
  int64_t bytes = 0;
  for (const int leaf : leaves) {
    const auto chunk = metadata->ColumnChunk(leaf);
    const int64_t values_in_row = std::clamp<int64_t>((chunk->num_values() + rows - 1) / rows, 1, kMost);
    int64_t of_leaf = std::max<int64_t>(0, chunk->total_uncompressed_size()) / rows;
    const bool texts = metadata->schema()->Column(leaf)->physical_type() == parquet::Type::BYTE_ARRAY;
    if (texts && chunk->has_dictionary_page()) {
      const auto sizes = chunk->size_statistics();
      if (sizes != nullptr && sizes->unencoded_byte_array_data_bytes) {
        of_leaf += std::max<int64_t>(0, *sizes->unencoded_byte_array_data_bytes) / rows;
      } else {
        of_leaf += LargestInDictionary(group.get(), leaf) * values_in_row;
      }
    }
    bytes = std::min(bytes + std::min(of_leaf, kMost * kMost), kMost * kMost);
  }
  return std::max<int64_t>(1, bytes);
}

}  // namespace pixlake::table
