// A oneTBB arena that begins when it is first needed.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/work/executor.h"

namespace pixlake {

class Executor::Arena {
 public:
  explicit Arena(int threads);
  ~Arena();  // waits for what was announced
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Work will come; it is waited for.
  void Announce();
  // What was announced. By a thread that ends with the executor: oneTBB keeps its workers for as long as
  // any thread lives that has called it.
  void Submit(std::function<void()> work);
  // Announces it too.
  void Run(const std::function<void()>& work);

 private:
  struct Tbb;  // so that nobody else parses its headers
  Tbb* Begun();
  void DoNext();
  void Ended();

  const int threads_;
  std::mutex mutex_;
  std::condition_variable done_;
  size_t under_way_ = 0;
  // Work goes from hand to hand under our own lock: what oneTBB does in between no sanitizer sees.
  std::deque<std::function<void()>> waiting_;
  std::unique_ptr<Tbb> tbb_;
};

}  // namespace pixlake
