// Progress of long work, for people.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/output.h"
#include "base/stop/stop_token.h"

namespace pixlake {

// One line's worth of progress; pure, so that it can be tested.
// "Writing images  [=====>    ]  61%  42,700/70,000  61,234/s  12.3 MiB  0:01 left".
// `total` 0 means unknown: no bar and no remaining time.
std::string RenderProgress(const std::string& what, int64_t done, int64_t total, int64_t bytes,
                           double elapsed_seconds, int columns);

// Bars are in colour unless NO_COLOR is set or the terminal is dumb.
//
// Draws a progress bar on standard error while it lives, only when that is a
// terminal and `enabled`. Add() is thread-safe and costs one atomic addition.
class Progress : public WorkWatch {
 public:
  Progress(std::string what, int64_t total, bool enabled);
  // `count` finds the total out meanwhile, on a thread of its own; 0: it cannot be told. It must ask
  // CheckStopped() now and then: it is stopped with the bar.
  Progress(std::string what, std::function<int64_t()> count, bool enabled);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Add(int64_t items, int64_t bytes) override;

 private:
  void Start();
  void Draw();

  const std::string what_;
  std::atomic<int64_t> total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> bytes_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
  StopSource stop_counting_;
  std::thread counting_;
};

}  // namespace pixlake
