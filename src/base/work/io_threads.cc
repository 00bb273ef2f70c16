#include <system_error>
#include <utility>

#include "base/work/io_threads_internal.h"

namespace pixlake {
namespace {

// More requests at once than a store answers sooner; what is beyond waits its turn.
constexpr size_t kMostIoThreads = 64;

}  // namespace

Executor::IoThreads::~IoThreads() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  added_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Executor::IoThreads::Submit(std::function<void()> work, bool is_loop) {
  const std::lock_guard lock(mutex_);
  queue_.push_back({std::move(work), is_loop});
  if (is_loop) ++loops_;
  // What others take in turn a loop would wait for without end.
  if (!StartIfNeeded() && (threads_.empty() || is_loop)) {
    if (is_loop) --loops_;
    queue_.pop_back();
    return false;
  }
  added_.notify_one();
  return true;
}

bool Executor::IoThreads::StartIfNeeded() {
  if (starting_ || ended_ || queue_.size() <= idle_) return true;
  if (threads_.size() >= kMostIoThreads + loops_) return true;
  try {
    threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return starting_ = true;
}

void Executor::IoThreads::Run() {
  std::unique_lock lock(mutex_);
  starting_ = false;
  while (true) {
    ++idle_;
    added_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    (void)StartIfNeeded();
    lock.unlock();
    item.work();
    item.work = nullptr;
    lock.lock();
    if (item.is_loop) --loops_;
  }
}

}  // namespace pixlake
