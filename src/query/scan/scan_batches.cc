#include <algorithm>
#include <utility>

#include <arrow/api.h>

#include "base/stop/stop_token.h"
#include "query/scan/scan_batches_internal.h"

namespace pixlake::query {

void SharedScan::CarryBlobs(std::shared_ptr<CarriedBlobs> blobs) {
  if (blobs == nullptr) return;
  carried_columns = blobs->ColumnsOf(*store, plan);
  if (carried_columns.empty()) return;
  carried = std::move(blobs);
  scan = carried->Add(store, plan, carried_columns);
  place_plan = plan;
  place_plan.tasks.clear();
  arrow::FieldVector fields;
  for (int i = 0; i < plan.output_schema->num_fields(); ++i) {
    if (std::find(carried_columns.begin(), carried_columns.end(), i) == carried_columns.end())
      fields.push_back(plan.output_schema->field(i));
  }
  if (plan.output_schema->GetFieldIndex(table::kPositionColumn) < 0)
    fields.push_back(arrow::field(table::kPositionColumn, arrow::int64(), false));
  place_plan.output_schema = arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> ScanBatches::Finish(const SharedScan& shared,
                                                                const Opened& opened,
                                                                std::shared_ptr<arrow::RecordBatch> batch) {
  if (!opened.carries) return batch;
  const auto& positions =
      static_cast<const arrow::Int64Array&>(*batch->GetColumnByName(table::kPositionColumn));
  arrow::ArrayVector columns;
  size_t carried = 0;
  for (int i = 0, small = 0; i < shared.plan.output_schema->num_fields(); ++i) {
    if (carried < shared.carried_columns.size() && shared.carried_columns[carried] == i) {
      PL_ASSIGN_OR_RETURN(auto words, shared.carried->Words(shared.scan, opened.task, carried++, positions));
      columns.push_back(std::move(words));
    } else {
      columns.push_back(batch->column(small++));
    }
  }
  return arrow::RecordBatch::Make(shared.plan.output_schema, batch->num_rows(), std::move(columns));
}

ScanBatches::ScanBatches(std::shared_ptr<SharedScan> shared) : shared_(std::move(shared)) {
  ++shared_->readers;
}

Result<ScanBatches::Opened> ScanBatches::Open(const std::shared_ptr<SharedScan>& shared, size_t task) {
  Opened opened;
  opened.task = task;
  if (shared->carried != nullptr) {
    PL_ASSIGN_OR_RETURN(opened.carries, shared->carried->Holds(shared->scan, task));
  }
  const table::ScanPlan& plan = opened.carries ? shared->place_plan : shared->plan;
  PL_ASSIGN_OR_RETURN(opened.reader, table::ReadTask(shared->store, plan, shared->plan.tasks[task]));
  PL_RETURN_NOT_OK(opened.reader->ReadNext(&opened.first));
  return opened;
}

Result<bool> ScanBatches::OpenNext() {
  const size_t tasks = shared_->plan.tasks.size();
  if (!ahead_.empty()) {
    pixlake::Pending<Result<Opened>> next = std::move(ahead_.front());
    ahead_.pop_front();
    PL_ASSIGN_OR_RETURN(current_, next.Get());
  } else {
    const size_t task = shared_->next_task.fetch_add(1);
    if (task >= tasks) return false;
    PL_ASSIGN_OR_RETURN(current_, Open(shared_, task));
  }
  // Not for the first file: many a query wants but a few rows.
  if (++opened_ < 2) return true;
  while (shared_->readers == 1 && static_cast<int>(ahead_.size()) < shared_->threads) {
    const size_t task = shared_->next_task.fetch_add(1);
    if (task >= tasks) break;
    ahead_.push_back(StartWork(WorkKind::kIo, [shared = shared_, task] { return Open(shared, task); }));
  }
  return true;
}

Result<std::shared_ptr<arrow::RecordBatch>> ScanBatches::Next() {
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    if (current_.first != nullptr) return Finish(*shared_, current_, std::move(current_.first));
    if (current_.reader != nullptr) {
      std::shared_ptr<arrow::RecordBatch> batch;
      PL_RETURN_NOT_OK(current_.reader->ReadNext(&batch));
      if (batch != nullptr) return Finish(*shared_, current_, std::move(batch));
      current_.reader.reset();
    }
    PL_ASSIGN_OR_RETURN(const bool more, OpenNext());
    if (!more) return nullptr;
  }
}

}  // namespace pixlake::query
