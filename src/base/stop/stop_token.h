// Whose work a thread is doing, and whether that work should end.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/result.h"

namespace pixlake {

class Executor;

// Why what holds it should stop: not 0 once it should. And the threads that its work runs on.
struct StopState {
  std::atomic<int> reason{0};
  std::shared_ptr<const StopState> above;  // what stops this too
  std::weak_ptr<Executor> executor;        // none: that of `above`
};

// Asks whether to stop. A value; thread-safe. One that came from no source never stops.
class StopToken {
 public:
  StopToken() = default;
  bool stopped() const {
    for (const StopState* state = state_.get(); state != nullptr; state = state->above.get()) {
      if (state->reason.load(std::memory_order_relaxed) != 0) return true;
    }
    return false;
  }
  // kCancelled once it should stop, else OK. Cheap enough to ask in every loop.
  Status Check() const;

 private:
  friend class StopSource;
  friend StopToken ProcessStopToken();
  friend std::shared_ptr<Executor> ExecutorOf(const StopToken& token);
  explicit StopToken(std::shared_ptr<const StopState> state) : state_(std::move(state)) {}
  std::shared_ptr<const StopState> state_;
};

// Stops what holds its tokens, and nothing else. Thread-safe.
class StopSource {
 public:
  // Its tokens stop with `above` as well. Work done in their scope finds `executor`
  // (base/work/executor.h), which somebody else keeps; none: that of `above`.
  explicit StopSource(const StopToken& above = {}, std::weak_ptr<Executor> executor = {})
      : state_(std::make_shared<StopState>()) {
    state_->above = above.state_;
    state_->executor = std::move(executor);
  }
  void Stop() { state_->reason.store(1, std::memory_order_relaxed); }
  StopToken token() const { return StopToken(state_); }

 private:
  const std::shared_ptr<StopState> state_;
};

// While it lives, what this thread does is the work of whoever holds the token's source.
// Scopes nest; made and destroyed by one thread.
class StopScope {
 public:
  explicit StopScope(StopToken token);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  StopToken outer_;
};

// That of the innermost scope of this thread.
StopToken CurrentStopToken();

// Asks the token of the innermost scope: kCancelled once this thread's work should end. What is
// deep below a session asks so, and no interface in between has to carry a token.
Status CheckStopped();

}  // namespace pixlake
