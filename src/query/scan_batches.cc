#include <algorithm>
#include <utility>

#include "base/stop_token.h"
#include "query/scan_batches_internal.h"

namespace pixlake::query {

ScanBatches::ScanBatches(std::shared_ptr<SharedScan> shared) : shared_(std::move(shared)) {
  ++shared_->readers;
}

Result<ScanBatches::Opened> ScanBatches::Open(const std::shared_ptr<SharedScan>& shared, size_t task) {
  Opened opened;
  PL_ASSIGN_OR_RETURN(opened.reader, table::ReadTask(shared->store, shared->plan, shared->plan.tasks[task]));
  PL_RETURN_NOT_OK(opened.reader->ReadNext(&opened.first));
  return opened;
}

Result<bool> ScanBatches::OpenNext() {
  const size_t tasks = shared_->plan.tasks.size();
  if (!ahead_.empty()) {
    std::future<Result<Opened>> next = std::move(ahead_.front());
    ahead_.pop_front();
    PL_ASSIGN_OR_RETURN(current_, next.get());
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
    ahead_.push_back(StartAsync([shared = shared_, task] { return Open(shared, task); }));
  }
  return true;
}

Result<std::shared_ptr<arrow::RecordBatch>> ScanBatches::Next() {
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    if (current_.first != nullptr) return std::move(current_.first);
    if (current_.reader != nullptr) {
      std::shared_ptr<arrow::RecordBatch> batch;
      PL_RETURN_NOT_OK(current_.reader->ReadNext(&batch));
      if (batch != nullptr) return batch;
      current_.reader.reset();
    }
    PL_ASSIGN_OR_RETURN(const bool more, OpenNext());
    if (!more) return nullptr;
  }
}

}  // namespace pixlake::query
