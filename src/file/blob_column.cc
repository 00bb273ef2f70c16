#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/column_page.h>

#include "file/blob_column_internal.h"

namespace pixlake::file {
namespace {

// Definition levels of a page without nulls take 6 bytes; pages whose levels need
// more room than this are moved once.
constexpr int64_t kLevelRoom = 64;
constexpr int64_t kMaxPageBytes = std::numeric_limits<int32_t>::max() - (1 << 20);

}  // namespace

BlobColumn::BlobColumn(std::unique_ptr<parquet::PageWriter> pager, parquet::ColumnChunkMetaDataBuilder* chunk,
                       bool nullable, int64_t page_bytes)
    : pager_(std::move(pager)),
      chunk_(chunk),
      nullable_(nullable),
      page_bytes_(page_bytes),
      end_(kLevelRoom) {
  chunk_sizes_.unencoded_byte_array_data_bytes = 0;
  if (nullable_) chunk_sizes_.definition_level_histogram = {0, 0};
}

Status BlobColumn::Reserve(int64_t more) {
  const int64_t needed = end_ + more;
  if (page_ == nullptr) {
    PL_ASSIGN_OR_RETURN(page_, arrow::AllocateResizableBuffer(std::max(needed, page_bytes_ + kLevelRoom)));
  } else if (needed > page_->size()) {
    PL_RETURN_NOT_OK(page_->Resize(std::max(needed, page_->size() * 2), /*shrink_to_fit=*/false));
  }
  return Status::OK();
}

Status BlobColumn::AppendValue(const uint8_t* data, int64_t size) {
  if (size > kMaxPageBytes) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("a value of {} bytes does not fit into a Parquet page; at most 2 GiB less 1 MiB does",
                    size));
  }
  if (rows_in_page_ > 0 && end_ - kLevelRoom + 4 + size > page_bytes_) PL_RETURN_NOT_OK(FlushPage());
  PL_RETURN_NOT_OK(Reserve(4 + size));
  uint8_t* at = page_->mutable_data() + end_;
  const auto length = static_cast<uint32_t>(size);
  std::memcpy(at, &length, 4);  // little endian, as every machine this builds for
  if (size > 0) std::memcpy(at + 4, data, static_cast<size_t>(size));
  end_ += 4 + size;
  value_bytes_ += size;
  ++rows_in_page_;
  if (nullable_) levels_.push_back(1);
  return Status::OK();
}

Status BlobColumn::AppendNull() {
  if (!nullable_) return Error(ErrorCode::kSchemaMismatch, "a blob column that may not hold nulls holds one");
  // Nulls take no bytes, so pages of nulls alone are closed by rows.
  if (rows_in_page_ >= (1 << 20)) PL_RETURN_NOT_OK(FlushPage());
  PL_RETURN_NOT_OK(Reserve(0));
  levels_.push_back(0);
  ++rows_in_page_;
  ++nulls_in_page_;
  return Status::OK();
}

Status BlobColumn::FlushPage() {
  if (rows_in_page_ == 0) return Status::OK();
  int64_t start = kLevelRoom;
  if (nullable_) {
    const int rows = static_cast<int>(rows_in_page_);
    std::vector<uint8_t> encoded(
        static_cast<size_t>(parquet::LevelEncoder::MaxBufferSize(parquet::Encoding::RLE, 1, rows)) + 4);
    parquet::LevelEncoder encoder;
    encoder.Init(parquet::Encoding::RLE, 1, rows, encoded.data() + 4, static_cast<int>(encoded.size()) - 4);
    encoder.Encode(rows, levels_.data());
    const auto length = static_cast<uint32_t>(encoder.len());
    std::memcpy(encoded.data(), &length, 4);
    const int64_t size = 4 + int64_t{length};
    if (size > kLevelRoom) {
      PL_RETURN_NOT_OK(Reserve(size - kLevelRoom));
      uint8_t* data = page_->mutable_data();
      std::memmove(data + size, data + kLevelRoom, static_cast<size_t>(end_ - kLevelRoom));
      end_ += size - kLevelRoom;
      start = 0;
    } else {
      start = kLevelRoom - size;
    }
    std::memcpy(page_->mutable_data() + start, encoded.data(), static_cast<size_t>(size));
  }
  const auto body = std::make_shared<arrow::Buffer>(page_->data() + start, end_ - start);
  parquet::SizeStatistics sizes;
  sizes.unencoded_byte_array_data_bytes = value_bytes_;
  if (nullable_) sizes.definition_level_histogram = {nulls_in_page_, rows_in_page_ - nulls_in_page_};
  const parquet::DataPageV1 page(body, static_cast<int32_t>(rows_in_page_), parquet::Encoding::PLAIN,
                                 parquet::Encoding::RLE, parquet::Encoding::RLE, body->size(),
                                 parquet::EncodedStatistics(), first_row_, sizes);
  pager_->WriteDataPage(page);
  chunk_sizes_.Merge(sizes);
  first_row_ += rows_in_page_;
  end_ = kLevelRoom;
  value_bytes_ = rows_in_page_ = nulls_in_page_ = 0;
  levels_.clear();
  return Status::OK();
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
  if (array.type_id() == arrow::Type::LARGE_BINARY)
    return append(static_cast<const arrow::LargeBinaryArray&>(array));
  return append(static_cast<const arrow::BinaryArray&>(array));
}

Status BlobColumn::Close() {
  PL_RETURN_NOT_OK(FlushPage());
  chunk_->SetSizeStatistics(chunk_sizes_);
  pager_->Close(/*has_dictionary=*/false, /*fallback=*/false);
  return Status::OK();
}

}  // namespace pixlake::file
