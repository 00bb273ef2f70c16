// A budget of bytes shared by the stages of a pipeline.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/result.h"

namespace pixlake {

// Counts the bytes that are in flight and makes producers wait for room.
// Thread-safe. A single request larger than the whole budget is let through
// alone, so one large image cannot block for ever.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit_bytes) : limit_(limit_bytes) {}

  // Blocks until `bytes` fit (or nothing else is held), then holds them.
  // After Cancel() it returns kCancelled at once.
  Status Acquire(int64_t bytes);
  // The same without waiting: false when they do not fit now, or after Cancel().
  bool TryAcquire(int64_t bytes);
  void Release(int64_t bytes);
  void Cancel();

  int64_t limit() const { return limit_; }
  int64_t used() const;
  int64_t peak() const;

 private:
  bool FitsLocked(int64_t bytes) const { return used_ == 0 || used_ + bytes <= limit_; }
  void HoldLocked(int64_t bytes);

  const int64_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  int64_t used_ = 0;
  int64_t peak_ = 0;
  bool cancelled_ = false;
};

}  // namespace pixlake
