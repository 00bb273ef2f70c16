#include <algorithm>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/initialize.h>

#include "table/read/row_filter_internal.h"

namespace pixlake::table {
namespace {

// Those of sorted positions that are within a stretch, asked for in order.
class RowsWithin {
 public:
  RowsWithin(const std::vector<uint64_t>* rows, int64_t first, int64_t count) {
    if (rows == nullptr) return;
    next_ = std::lower_bound(rows->data(), rows->data() + rows->size(), static_cast<uint64_t>(first));
    end_ = std::lower_bound(next_, rows->data() + rows->size(), static_cast<uint64_t>(first + count));
  }
  int64_t count() const { return end_ - next_; }
  bool Has(int64_t row) {
    while (next_ != end_ && *next_ < static_cast<uint64_t>(row)) ++next_;
    return next_ != end_ && *next_ == static_cast<uint64_t>(row);
  }

 private:
  const uint64_t* next_ = nullptr;
  const uint64_t* end_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> KeepRows(std::shared_ptr<arrow::RecordBatch> batch,
                                                     const std::vector<bool>& keep) {
  const auto kept = std::count(keep.begin(), keep.end(), true);
  if (kept == batch->num_rows()) return batch;
  if (batch->num_columns() == 0)
    return arrow::RecordBatch::Make(batch->schema(), kept, std::vector<std::shared_ptr<arrow::Array>>());
  arrow::BooleanBuilder mask;
  PL_RETURN_NOT_OK(mask.AppendValues(keep));
  PL_ASSIGN_OR_RETURN(const auto wanted, mask.Finish());
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  PL_ASSIGN_OR_RETURN(const auto filtered, arrow::compute::Filter(batch, wanted));
  return filtered.record_batch();
}

Result<std::shared_ptr<arrow::RecordBatch>> KeepLiveRows(std::shared_ptr<arrow::RecordBatch> batch,
                                                         const ScanTask& task, int64_t first_row) {
  const int64_t rows = batch->num_rows();
  RowsWithin deleted(task.deleted_rows.get(), first_row, rows);
  RowsWithin selected(task.selected_rows.get(), first_row, rows);
  const bool all_selected = task.selected_rows == nullptr || selected.count() == rows;
  if (deleted.count() == 0 && all_selected) return batch;
  std::vector<bool> keep(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) {
    keep[static_cast<size_t>(i)] =
        !deleted.Has(first_row + i) && (task.selected_rows == nullptr || selected.Has(first_row + i));
  }
  return KeepRows(std::move(batch), keep);
}

}  // namespace pixlake::table
