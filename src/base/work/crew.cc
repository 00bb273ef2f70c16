#include "base/work/crew.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

namespace pixlake {

struct Crew::State {
  State(size_t most_hands, std::function<bool()> the_step) : most(most_hands), step(std::move(the_step)) {}

  // Steps until there is nothing to do, as one of at most `most`; under the lock.
  void Work(std::unique_lock<std::mutex>* lock) {
    if (ended || at_work >= most) return;
    ++at_work;
    bool more = true;
    while (more && !ended) {
      const uint64_t seen = wakes;
      lock->unlock();
      more = step();
      lock->lock();
      more = more || wakes != seen;
    }
    --at_work;
    left.notify_all();
  }

  const size_t most;
  const std::function<bool()> step;
  std::mutex mutex;
  std::condition_variable left;
  size_t called = 0;   // hands that were asked for and have not left
  size_t at_work = 0;  // who is stepping, the hands or a caller
  uint64_t wakes = 0;
  bool ended = false;
};

Crew::Crew(WorkKind kind, size_t most, std::function<bool()> step)
    : executor_(CurrentExecutor()),
      kind_(kind),
      most_(std::max<size_t>(1, most)),
      stop_(CurrentStopToken()),
      state_(std::make_shared<State>(most_, std::move(step))) {}

Crew::~Crew() {
  std::unique_lock lock(state_->mutex);
  state_->ended = true;
  state_->left.wait(lock, [this] { return state_->at_work == 0; });
}

void Crew::Wake() {
  std::unique_lock lock(state_->mutex);
  ++state_->wakes;
  if (state_->ended || state_->called >= most_) return;
  ++state_->called;
  lock.unlock();
  const StopScope scope(stop_);
  if (executor_->Submit(kind_, [state = state_] { Hand(state); })) return;
  Hand(state_);  // no thread is to be had
}

void Crew::Hand(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  state->Work(&lock);
  --state->called;
}

bool Crew::Help() {
  bool did = false;
  {
    const StopScope scope(stop_);
    std::unique_lock lock(state_->mutex);
    if (state_->ended || state_->at_work > 0) return false;
    ++state_->at_work;
    const uint64_t seen = state_->wakes;
    lock.unlock();
    did = state_->step();
    lock.lock();
    --state_->at_work;
    state_->left.notify_all();
    if (!did && state_->wakes == seen) return false;
  }
  Wake();  // a hand that came meanwhile may have found no place
  return did;
}

void Crew::Finish() {
  const StopScope scope(stop_);
  std::unique_lock lock(state_->mutex);
  while (!state_->ended) {
    const uint64_t seen = state_->wakes;
    state_->Work(&lock);
    state_->left.wait(lock, [this] { return state_->at_work < most_; });
    if (state_->at_work == 0 && state_->wakes == seen) return;
    if (state_->at_work > 0) state_->left.wait(lock, [this] { return state_->at_work == 0; });
  }
}

}  // namespace pixlake
