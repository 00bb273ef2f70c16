#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/column_writer.h>

#include "file/blob/blob_column_internal.h"
#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

// From here on a value is not worth copying into a page of several.
constexpr int64_t kLargeValue = 256 << 10;
// Nulls take no bytes, so pages of nulls alone are closed by rows.
constexpr int64_t kMaxRowsInPage = 1 << 20;

std::string LengthPrefix(int64_t size) {
  const auto length = static_cast<uint32_t>(size);
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &length, 4);  // little endian, as every machine this builds for
  return bytes;
}

}  // namespace

PageBlocks::PageBlocks(int64_t page_bytes, int64_t most_bytes, arrow::io::OutputStream* file)
    : block_size_(std::clamp(most_bytes / 4, page_bytes, 8 * page_bytes)),
      most_bytes_(most_bytes),
      file_(file),
      pool_(std::make_shared<Pool>()) {}

PageBlocks::~PageBlocks() {
  const std::lock_guard lock(pool_->mutex);
  pool_->closed = true;
  pool_->free.clear();
}

// Null when a new one is to be made; `full` when that would be too many.
std::unique_ptr<arrow::Buffer> PageBlocks::TakeFree(int64_t size, bool* full) {
  const std::lock_guard lock(pool_->mutex);
  *full = pool_->bytes + size > most_bytes_;
  if (size > block_size_ || pool_->free.empty()) return nullptr;
  std::unique_ptr<arrow::Buffer> block = std::move(pool_->free.back());
  pool_->free.pop_back();
  return block;
}

void PageBlocks::DropFree() {
  const std::lock_guard lock(pool_->mutex);
  pool_->bytes -= static_cast<int64_t>(pool_->free.size()) * block_size_;
  pool_->free.clear();
}

Result<std::shared_ptr<arrow::Buffer>> PageBlocks::Take(int64_t size) {
  size = std::max(size, block_size_);
  bool full = false;
  std::unique_ptr<arrow::Buffer> block = TakeFree(size, &full);
  if (block == nullptr && full) {
    PL_RETURN_NOT_OK(file_->Flush());
    block = TakeFree(size, &full);
    if (block == nullptr) DropFree();  // they are too small for this one
  }
  if (block == nullptr) {
    PL_ASSIGN_OR_RETURN(block, arrow::AllocateBuffer(size));
    const std::lock_guard lock(pool_->mutex);
    pool_->bytes += size;
  }
  return std::shared_ptr<arrow::Buffer>(block.release(),
                                        [pool = pool_, most = block_size_](arrow::Buffer* b) {
                                          std::unique_ptr<arrow::Buffer> given_back(b);
                                          const std::lock_guard lock(pool->mutex);
                                          if (b->size() == most && !pool->closed) {
                                            pool->free.push_back(std::move(given_back));
                                          } else {
                                            pool->bytes -= b->size();
                                          }
                                        });
}

BlobColumn::BlobColumn(parquet::ColumnChunkMetaDataBuilder* chunk, parquet::OffsetIndexBuilder* index,
                       bool nullable, int64_t page_bytes, PageBlocks* blocks)
    : chunk_(chunk), index_(index), nullable_(nullable), page_bytes_(page_bytes), blocks_(blocks) {
  chunk_sizes_.unencoded_byte_array_data_bytes = 0;
  if (nullable_) chunk_sizes_.definition_level_histogram = {0, 0};
}

Status BlobColumn::Start(arrow::io::OutputStream* file) {
  if (file_ != nullptr) return Status::OK();
  PL_RETURN_NOT_OK(ClosePage());
  block_.reset();  // the file may hold it for a while
  file_ = file;
  PL_ASSIGN_OR_RETURN(chunk_start_, file_->Tell());
  for (Page& page : waiting_) {
    PL_RETURN_NOT_OK(file_->Write(page.front.data(), static_cast<int64_t>(page.front.size())));
    if (page.values != nullptr) PL_RETURN_NOT_OK(file_->Write(std::exchange(page.values, nullptr)));
  }
  waiting_.clear();
  return Status::OK();
}

// Room for `size` bytes of values in a row.
Status BlobColumn::OpenPage(int64_t size) {
  if (block_ == nullptr || block_->size() - block_used_ < size) {
    block_.reset();
    PL_ASSIGN_OR_RETURN(block_, blocks_->Take(size));
    block_used_ = 0;
  }
  page_ = block_->mutable_data() + block_used_;
  return Status::OK();
}

Status BlobColumn::AppendValue(const uint8_t* data, int64_t size) {
  if (rows_in_page_ > 0 && (page_size_ + 4 + size > page_bytes_ || rows_in_page_ >= kMaxRowsInPage)) {
    PL_RETURN_NOT_OK(ClosePage());
  }
  if (file_ != nullptr && size >= kLargeValue && rows_in_page_ == 0) return WriteLargeValue(data, size);
  if (page_ == nullptr) PL_RETURN_NOT_OK(OpenPage(std::max(4 + size, page_bytes_)));
  uint8_t* at = page_ + page_size_;
  const auto length = static_cast<uint32_t>(size);
  std::memcpy(at, &length, 4);
  if (size > 0) std::memcpy(at + 4, data, static_cast<size_t>(size));
  page_size_ += 4 + size;
  ++rows_in_page_;
  if (nullable_) levels_.push_back(1);
  return Status::OK();
}

Status BlobColumn::AppendNull() {
  if (!nullable_) return Error(ErrorCode::kSchemaMismatch, "a blob column that may not hold nulls holds one");
  if (rows_in_page_ >= kMaxRowsInPage) PL_RETURN_NOT_OK(ClosePage());
  levels_.push_back(0);
  ++rows_in_page_;
  ++nulls_in_page_;
  return Status::OK();
}

std::string BlobColumn::EncodedLevels() {
  if (!nullable_) return {};
  const int rows = static_cast<int>(rows_in_page_);
  const int most = parquet::LevelEncoder::MaxBufferSize(parquet::Encoding::RLE, 1, rows);
  std::string encoded(static_cast<size_t>(most) + 4, '\0');
  parquet::LevelEncoder encoder;
  encoder.Init(parquet::Encoding::RLE, 1, rows, reinterpret_cast<uint8_t*>(encoded.data()) + 4, most);
  encoder.Encode(rows, levels_.data());
  encoded.replace(0, 4, LengthPrefix(encoder.len()));
  encoded.resize(4 + static_cast<size_t>(encoder.len()));
  return encoded;
}

// Also counts the page.
std::string BlobColumn::Front(std::string_view first, std::string_view second) {
  const std::string levels = EncodedLevels();
  uint32_t crc = Crc32(0, levels.data(), static_cast<int64_t>(levels.size()));
  crc = Crc32(crc, first.data(), static_cast<int64_t>(first.size()));
  if (!second.empty()) crc = Crc32(crc, second.data(), static_cast<int64_t>(second.size()));
  const auto values = static_cast<int64_t>(first.size() + second.size());
  const auto body = static_cast<int32_t>(values + static_cast<int64_t>(levels.size()));
  std::string front = EncodeBlobPageHeader(static_cast<int32_t>(rows_in_page_), body, crc) + levels;

  parquet::SizeStatistics sizes;
  sizes.unencoded_byte_array_data_bytes = values - 4 * (rows_in_page_ - nulls_in_page_);
  if (nullable_) sizes.definition_level_histogram = {nulls_in_page_, rows_in_page_ - nulls_in_page_};
  chunk_sizes_.Merge(sizes);
  const int64_t page_size = static_cast<int64_t>(front.size()) + values;
  index_->AddPage(chunk_size_, static_cast<int32_t>(page_size), first_row_,
                  sizes.unencoded_byte_array_data_bytes);
  chunk_size_ += page_size;
  first_row_ += rows_in_page_;
  ++pages_;
  rows_in_page_ = nulls_in_page_ = page_size_ = 0;
  levels_.clear();
  return front;
}

Status BlobColumn::WriteLargeValue(const uint8_t* data, int64_t size) {
  rows_in_page_ = 1;
  if (nullable_) levels_.push_back(1);
  const std::string length = LengthPrefix(size);
  const std::string front =
      Front(length, {reinterpret_cast<const char*>(data), static_cast<size_t>(size)}) + length;
  PL_RETURN_NOT_OK(file_->Write(front.data(), static_cast<int64_t>(front.size())));
  return file_->Write(data, size);
}

Status BlobColumn::ClosePage() {
  if (rows_in_page_ == 0) return Status::OK();
  const uint8_t* const values = std::exchange(page_, nullptr);
  const int64_t size = page_size_;
  std::string front = Front({reinterpret_cast<const char*>(values), static_cast<size_t>(size)}, {});
  if (file_ == nullptr) {
    waiting_.push_back(
        {std::move(front), size > 0 ? arrow::SliceBuffer(block_, block_used_, size) : nullptr});
    block_used_ += size;
    return Status::OK();
  }
  block_used_ = 0;  // what the file has copied makes room for the next
  PL_RETURN_NOT_OK(file_->Write(front.data(), static_cast<int64_t>(front.size())));
  return size > 0 ? file_->Write(values, size) : Status::OK();
}

Status BlobColumn::Append(const arrow::Array& array, int64_t offset, int64_t length) {
  const auto append = [&](const auto& values) {
    for (int64_t i = offset; i < offset + length; ++i) {
      if (values.IsNull(i)) {
        PL_RETURN_NOT_OK(AppendNull());
      } else {
        const std::string_view value = values.GetView(i);
        PL_RETURN_NOT_OK(
            AppendValue(reinterpret_cast<const uint8_t*>(value.data()), static_cast<int64_t>(value.size())));
      }
    }
    return Status::OK();
  };
  if (array.type_id() == arrow::Type::BINARY_VIEW)
    return append(static_cast<const arrow::BinaryViewArray&>(array));
  if (array.type_id() == arrow::Type::LARGE_BINARY)
    return append(static_cast<const arrow::LargeBinaryArray&>(array));
  return append(static_cast<const arrow::BinaryArray&>(array));
}

Status BlobColumn::Close() {
  PL_RETURN_NOT_OK(ClosePage());
  block_.reset();
  index_->Finish(chunk_start_);
  chunk_->SetSizeStatistics(chunk_sizes_);
  chunk_->Finish(/*num_values=*/first_row_, /*dictionary_page_offset=*/0, /*index_page_offset=*/-1,
                 chunk_start_, /*compressed_size=*/chunk_size_, /*uncompressed_size=*/chunk_size_,
                 /*has_dictionary=*/false, /*dictionary_fallback=*/false, {},
                 {{parquet::Encoding::PLAIN, pages_}});
  return Status::OK();
}

}  // namespace pixlake::file
