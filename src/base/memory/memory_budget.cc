#include "base/memory/memory_budget.h"

#include <algorithm>

namespace pixlake {

Status MemoryBudget::Acquire(int64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  room_.wait(lock, [&] { return cancelled_ || used_ == 0 || used_ + bytes <= limit_; });
  if (cancelled_) return Error(ErrorCode::kCancelled, "the pipeline was stopped");
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  return Status::OK();
}

void MemoryBudget::Release(int64_t bytes) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    used_ -= bytes;
  }
  room_.notify_all();
}

void MemoryBudget::Cancel() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
  }
  room_.notify_all();
}

int64_t MemoryBudget::used() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return used_;
}

int64_t MemoryBudget::peak() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return peak_;
}

}  // namespace pixlake
