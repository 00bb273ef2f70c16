// Threads for work that waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/work/executor.h"

namespace pixlake {

// Begun one after the other while work finds none idle; they end with this.
class Executor::IoThreads {
 public:
  IoThreads() = default;
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  bool Submit(std::function<void()> work, bool is_loop);

 private:
  struct Item {
    std::function<void()> work;
    bool is_loop = false;
  };
  void Run();
  bool StartIfNeeded();  // false when it was needed and could not be

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Item> queue_;
  size_t idle_ = 0;
  bool starting_ = false;  // one that may take more than what it was started for
  size_t loops_ = 0;       // each may have a thread beyond the bound
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pixlake
