#include "file/page/page_checksums.h"

#include <algorithm>
#include <span>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/stop/stop_token.h"
#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

constexpr int64_t kWindowBytes = int64_t{1} << 20;
// Headers are short unless statistics in them are long; a longer one is looked at again.
constexpr int64_t kUsualHeader = 4 << 10;

// A stretch of the file, read forward.
class Window {
 public:
  Window(arrow::io::RandomAccessFile* file, int64_t end) : file_(file), end_(end) {}

  // What is there at `position`: `least` bytes unless the end comes first.
  Result<std::span<const uint8_t>> At(int64_t position, int64_t least) {
    least = std::min(least, end_ - position);
    const bool inside =
        bytes_ != nullptr && position >= start_ && position + least <= start_ + bytes_->size();
    if (!inside) {
      PL_ASSIGN_OR_RETURN(bytes_, file_->ReadAt(position, std::min(kWindowBytes, end_ - position)));
      start_ = position;
      if (bytes_->size() < least) return Error(ErrorCode::kCorrupt, "the file ends inside it");
    }
    const int64_t skip = position - start_;
    return std::span<const uint8_t>(bytes_->data() + skip, static_cast<size_t>(bytes_->size() - skip));
  }

 private:
  arrow::io::RandomAccessFile* const file_;
  const int64_t end_;
  int64_t start_ = 0;
  std::shared_ptr<arrow::Buffer> bytes_;
};

Result<PageHeader> HeaderAt(Window* window, int64_t position) {
  PL_ASSIGN_OR_RETURN(const auto usual, window->At(position, kUsualHeader));
  Result<PageHeader> header = ParsePageHeader(usual);
  if (header.ok()) return header;
  PL_ASSIGN_OR_RETURN(const auto most, window->At(position, kWindowBytes));
  return ParsePageHeader(most);
}

Result<uint32_t> ChecksumOf(Window* window, int64_t position, int64_t size) {
  uint32_t crc = 0;
  for (const int64_t end = position + size; position < end;) {
    PL_ASSIGN_OR_RETURN(const auto bytes, window->At(position, 1));
    const int64_t count = std::min(end - position, static_cast<int64_t>(bytes.size()));
    crc = Crc32(crc, bytes.data(), count);
    position += count;
  }
  return crc;
}

Status CheckChunk(arrow::io::RandomAccessFile* file, int64_t start, int64_t end, CheckedPages* checked) {
  Window window(file, end);
  for (int64_t position = start; position < end;) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const PageHeader header, HeaderAt(&window, position));
    const int64_t body = position + header.header_size;
    if (header.page_size > end - body) {
      return Error(ErrorCode::kCorrupt, fmt::format("the page at byte {} reaches beyond it", position));
    }
    if (header.crc) {
      PL_ASSIGN_OR_RETURN(const uint32_t crc, ChecksumOf(&window, body, header.page_size));
      if (crc != *header.crc) {
        return Error(ErrorCode::kChecksum,
                     fmt::format("the page at byte {} ({} bytes) has CRC-32 {:08x}, its header says {:08x}",
                                 position, header.page_size, crc, *header.crc));
      }
    } else {
      ++checked->without_checksum;
    }
    ++checked->pages;
    position = body + header.page_size;
    checked->bytes += header.header_size + header.page_size;
  }
  return Status::OK();
}

Status CheckColumns(arrow::io::RandomAccessFile* file, const parquet::FileMetaData& metadata,
                    CheckedPages* checked) {
  PL_ASSIGN_OR_RETURN(const int64_t file_size, file->GetSize());
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto row_group = metadata.RowGroup(group);
    for (int column = 0; column < row_group->num_columns(); ++column) {
      const auto chunk = row_group->ColumnChunk(column);
      int64_t start = chunk->data_page_offset();
      if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0)
        start = std::min(start, chunk->dictionary_page_offset());
      const int64_t size = chunk->total_compressed_size();
      const std::string name = chunk->path_in_schema()->ToDotString();
      const std::string where = fmt::format("row group {} column `{}`", group, name);
      if (start < 0 || size < 0 || start > file_size - size)
        return Error(ErrorCode::kCorrupt, where + " lies outside the file");
      const Status status = CheckChunk(file, start, start + size, checked);
      if (!status.ok()) return WithContext(status, where);
    }
  }
  return Status::OK();
}

}  // namespace

Result<CheckedPages> CheckPages(arrow::io::RandomAccessFile* file, const std::string& path) {
  CheckedPages checked;
  try {
    const std::shared_ptr<arrow::io::RandomAccessFile> borrowed(std::shared_ptr<void>(), file);
    const auto reader = parquet::ParquetFileReader::Open(borrowed);
    const Status status = CheckColumns(file, *reader->metadata(), &checked);
    if (!status.ok()) return WithContext(status, path);
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, "checking the pages of " + path + ": " + e.what());
  }
  return checked;
}

}  // namespace pixlake::file
