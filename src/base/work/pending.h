// One piece of work whose result is wanted later.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/work/executor.h"

namespace pixlake {

// The future of a StartWork. When it goes, work that is not begun is dropped and work that is begun
// waited for. Of one thread.
template <typename T>
class Pending {
 public:
  Pending() = default;
  Pending(std::shared_ptr<Executor> executor, WorkKind kind, std::function<T()> work)
      : executor_(std::move(executor)), state_(std::make_shared<State>()) {
    state_->work = std::move(work);
    has_thread_ = executor_->Submit(kind, [state = state_] { state->Do(); });
  }
  ~Pending() { Drop(); }
  Pending(Pending&& other) noexcept = default;
  Pending& operator=(Pending&& other) noexcept {
    Drop();
    state_ = std::move(other.state_);
    executor_ = std::move(other.executor_);
    has_thread_ = other.has_thread_;
    return *this;
  }

  bool valid() const { return state_ != nullptr; }
  // No thread was to be had: nothing is done before Wait or Get.
  bool has_thread() const { return has_thread_; }

  // Done here when nobody has begun.
  void Wait() {
    state_->Do();
    std::unique_lock lock(state_->mutex);
    state_->done.wait(lock, [this] { return state_->is_done; });
  }
  // Throws what the work threw. It is no longer valid then.
  T Get() {
    Wait();
    const std::shared_ptr<State> state = std::move(state_);
    executor_.reset();
    if (state->error) std::rethrow_exception(state->error);
    return *std::move(state->value);
  }

 private:
  struct State {
    // If nobody has yet.
    void Do() {
      if (taken.exchange(true)) return;
      try {
        value.emplace(work());
      } catch (...) {
        error = std::current_exception();
      }
      work = nullptr;  // what it holds goes before it is said to be done
      const std::lock_guard lock(mutex);
      is_done = true;
      done.notify_all();
    }

    std::atomic<bool> taken{false};
    std::function<T()> work;
    std::optional<T> value;
    std::exception_ptr error;
    std::mutex mutex;
    std::condition_variable done;
    bool is_done = false;
  };

  void Drop() {
    if (state_ == nullptr) return;
    if (state_->taken.exchange(true)) {
      Wait();
    } else {
      state_->work = nullptr;
    }
    state_.reset();
    executor_.reset();
  }

  std::shared_ptr<Executor> executor_;  // goes after the work it is held for
  std::shared_ptr<State> state_;
  bool has_thread_ = false;
};

// By another thread of the current executor, in this thread's scope.
template <typename Work>
Pending<std::invoke_result_t<Work&>> StartWork(WorkKind kind, Work work) {
  return {CurrentExecutor(), kind, std::move(work)};
}

}  // namespace pixlake
