#include <arrow/api.h>
#include <fmt/format.h>

#include "file/blob/blob_batch_internal.h"
#include "file/blob/blob_column_internal.h"
#include "file/blob/blob_properties_internal.h"

namespace pixlake::file {
namespace {

// Of rows [first, last). Views have no offsets and are added up.
int64_t ViewBytes(const arrow::BinaryViewArray& array, int64_t first, int64_t last) {
  int64_t bytes = 0;
  for (int64_t row = first; row < last; ++row) {
    if (!array.IsNull(row)) bytes += static_cast<int64_t>(array.GetView(row).size());
  }
  return bytes;
}

int64_t ByteOffset(const arrow::Array& array, int64_t row) {
  if (array.type_id() == arrow::Type::LARGE_BINARY)
    return static_cast<const arrow::LargeBinaryArray&>(array).value_offset(row);
  return static_cast<const arrow::BinaryArray&>(array).value_offset(row);
}

int64_t BytesOf(const arrow::Array& array, int64_t first, int64_t last) {
  if (array.type_id() == arrow::Type::BINARY_VIEW)
    return ViewBytes(static_cast<const arrow::BinaryViewArray&>(array), first, last);
  return ByteOffset(array, last) - ByteOffset(array, first);
}

}  // namespace

int64_t BlobBytes(const arrow::RecordBatch& batch, int64_t first, int64_t last) {
  int64_t bytes = 0;
  for (const auto& column : batch.columns()) {
    if (IsBlob(*column->type())) bytes += BytesOf(*column, first, last);
  }
  return bytes;
}

Status CheckValueSizes(const arrow::RecordBatch& batch) {
  if (BlobBytes(batch, 0, batch.num_rows()) <= BlobColumn::kMaxValueBytes) return Status::OK();
  for (int i = 0; i < batch.num_columns(); ++i) {
    const arrow::Array& column = *batch.column(i);
    if (!IsBlob(*column.type())) continue;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const int64_t size = BytesOf(column, row, row + 1);
      if (size > BlobColumn::kMaxValueBytes) {
        return Error(ErrorCode::kUsage,
                     fmt::format("column {} has a value of {} bytes; at most 1 GiB fits into a Parquet page",
                                 batch.column_name(i), size));
      }
    }
  }
  return Status::OK();
}

}  // namespace pixlake::file
