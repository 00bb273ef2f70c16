// A oneTBB arena that begins when it is first needed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "base/work/executor.h"

namespace pixlake {

class Executor::Arena {
 public:
  explicit Arena(int threads);
  ~Arena();  // waits for what was submitted
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void Submit(std::function<void()> work);
  void Run(const std::function<void()>& work);

 private:
  struct Tbb;  // so that nobody else parses its headers
  Tbb* Begin();

  const int threads_;
  std::mutex mutex_;
  std::condition_variable done_;
  size_t under_way_ = 0;
  std::unique_ptr<Tbb> tbb_;
};

}  // namespace pixlake
