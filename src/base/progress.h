// Progress of long work, for people.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "base/output.h"

namespace pixlake {

// One line's worth of progress; pure, so that it can be tested.
// "Writing images  [=====>    ]  61%  42,700/70,000  61,234/s  12.3 MiB  0:01 left".
// `total` 0 means unknown: no bar and no remaining time.
std::string RenderProgress(const std::string& what, int64_t done, int64_t total, int64_t bytes,
                           double elapsed_seconds, int columns);

// Draws a progress bar on standard error while it lives, only when that is a
// terminal and `enabled`. Add() is thread-safe and costs one atomic addition.
class Progress : public WorkWatch {
 public:
  Progress(std::string what, int64_t total, bool enabled);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Add(int64_t items, int64_t bytes) override;

 private:
  void Draw();

  const std::string what_;
  const int64_t total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> bytes_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace pixlake
