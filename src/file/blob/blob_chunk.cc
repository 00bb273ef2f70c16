#include <fmt/format.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/size_statistics.h>

#include "file/blob/blob_chunk_internal.h"

namespace pixlake::file {
namespace {

bool HasNoNulls(const parquet::ColumnChunkMetaData& chunk, const parquet::ColumnDescriptor& descriptor,
                int64_t rows) {
  if (descriptor.max_definition_level() == 0) return true;
  const auto sizes = chunk.size_statistics();
  const auto most = static_cast<size_t>(descriptor.max_definition_level());
  return sizes != nullptr && sizes->definition_level_histogram.size() == most + 1 &&
         sizes->definition_level_histogram[most] == rows;
}

bool IsPlain(const parquet::ColumnChunkMetaData& chunk) {
  if (chunk.compression() != parquet::Compression::UNCOMPRESSED) return false;
  for (const auto encoding : chunk.encodings()) {
    if (encoding != parquet::Encoding::PLAIN && encoding != parquet::Encoding::RLE) return false;
  }
  return true;
}

// Nothing in an index is trusted: the pages must follow one another, in the file and in
// the rows.
Status AddPages(const parquet::OffsetIndex& index, const std::string& path, int64_t file_size,
                int64_t first_row, int64_t group_rows, BlobChunk* chunk) {
  const auto& locations = index.page_locations();
  const auto& value_bytes = index.unencoded_byte_array_data_bytes();
  for (size_t i = 0; i < locations.size(); ++i) {
    const int64_t next = i + 1 < locations.size() ? locations[i + 1].first_row_index : group_rows;
    BlobPage page;
    page.offset = locations[i].offset;
    page.size = locations[i].compressed_page_size;
    page.first_row = first_row + locations[i].first_row_index;
    page.rows = next - locations[i].first_row_index;
    if (value_bytes.size() == locations.size()) page.value_bytes = value_bytes[i];
    const bool sane = page.offset >= 4 && page.size > 0 && page.offset <= file_size - page.size &&
                      page.rows > 0 && page.rows <= group_rows && locations[i].first_row_index >= 0 &&
                      page.value_bytes >= -1 && page.value_bytes <= page.size;
    if (!sane)
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the page index of {} points outside the file or its rows", path));
    chunk->pages.push_back(page);
  }
  chunk->indexed = true;
  return Status::OK();
}

}  // namespace

Result<BlobChunk> LoadBlobChunk(parquet::ParquetFileReader* file, const std::string& path, int64_t file_size,
                                int row_group, int column, int64_t first_row) {
  BlobChunk chunk;
  const auto metadata = file->metadata();
  const auto group_metadata = metadata->RowGroup(row_group);
  const auto chunk_metadata = group_metadata->ColumnChunk(column);
  const parquet::ColumnDescriptor* descriptor = metadata->schema()->Column(column);
  if (descriptor->physical_type() != parquet::Type::BYTE_ARRAY) {
    return Error(ErrorCode::kSchemaMismatch,
                 "column '" + descriptor->name() + "' of " + path + " holds no blobs");
  }
  if (chunk_metadata->has_dictionary_page() || descriptor->max_repetition_level() != 0) return chunk;
  const auto reader = file->GetPageIndexReader();
  const auto group_reader = reader != nullptr ? reader->RowGroup(row_group) : nullptr;
  const auto index = group_reader != nullptr ? group_reader->GetOffsetIndex(column) : nullptr;
  if (index == nullptr || index->page_locations().empty()) return chunk;
  chunk.plain = IsPlain(*chunk_metadata);
  chunk.dense = chunk.plain && HasNoNulls(*chunk_metadata, *descriptor, group_metadata->num_rows());
  PL_RETURN_NOT_OK(AddPages(*index, path, file_size, first_row, group_metadata->num_rows(), &chunk));
  return chunk;
}

int64_t StartOfValues(const BlobPage& page, std::span<const int64_t> lengths) {
  int64_t total = 0;
  for (const int64_t length : lengths) {
    if (length < 0 || length > page.size) return -1;
    total += 4 + length;
  }
  return total <= page.size ? page.offset + page.size - total : -1;
}

}  // namespace pixlake::file
