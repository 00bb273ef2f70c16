#include "base/memory/memory_budget.h"

#include <algorithm>

namespace pixlake {

Status MemoryBudget::Acquire(int64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  room_.wait(lock, [&] { return cancelled_ || FitsLocked(bytes); });
  if (cancelled_) return Error(ErrorCode::kCancelled, "the pipeline was stopped");
  HoldLocked(bytes);
  return Status::OK();
}

bool MemoryBudget::TryAcquire(int64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (cancelled_ || !FitsLocked(bytes)) return false;
  HoldLocked(bytes);
  return true;
}

void MemoryBudget::HoldLocked(int64_t bytes) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
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
