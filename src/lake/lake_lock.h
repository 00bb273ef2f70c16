// One ingest, and one run of steps, at a time in a lake.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "catalog/lake.h"

namespace pixlake::lake {

// Held while it lives; given back by the system when the process dies. Whoever decides
// that a content is new must be alone in deciding it.
class LakeLock {
 public:
  // Waits for a run that has it; `on_wait` is called once, before waiting. kCancelled on
  // SIGINT.
  // `work`: "ingest" or "run"; who does one waits for others who do the same.
  static Result<std::unique_ptr<LakeLock>> Acquire(const catalog::Lake& lake, const std::string& work,
                                                   const std::function<void()>& on_wait);
  ~LakeLock();
  LakeLock(const LakeLock&) = delete;
  LakeLock& operator=(const LakeLock&) = delete;

 private:
  explicit LakeLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace pixlake::lake
