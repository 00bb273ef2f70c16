#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "base/work/arena_internal.h"

namespace pixlake {
namespace {

namespace tbb = oneapi::tbb;

// oneTBB would give all arenas together as many workers as there are cores. A session's threads are
// what it asked for, whoever is beside it: workers come when arenas need them, and this is no number
// that is reached.
constexpr size_t kMostWorkers = 1025;

// oneTBB orders what was done before work is handed over before the work; it is built without a
// sanitizer's instrumentation, so this says the same where one can see it.
std::atomic<uint64_t> handed_over = 0;

// While there is any arena.
class Workers {
 public:
  void Join() {
    const std::lock_guard lock(mutex_);
    if (users_++ == 0) limit_.emplace(tbb::global_control::max_allowed_parallelism, kMostWorkers);
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--users_ == 0) limit_.reset();
  }

 private:
  std::mutex mutex_;
  int users_ = 0;
  std::optional<tbb::global_control> limit_;
};

Workers& SharedWorkers() {
  static auto* const workers = new Workers();  // never destroyed: a session may be static too
  return *workers;
}

}  // namespace

struct Executor::Arena::Tbb {
  explicit Tbb(int threads) {
    SharedWorkers().Join();
    // No place is kept for threads from outside: they do not enter, but for Run.
    arena.emplace(threads, 0);
  }
  ~Tbb() {
    arena.reset();
    SharedWorkers().Leave();
  }
  std::optional<tbb::task_arena> arena;
};

Executor::Arena::Arena(int threads) : threads_(threads) {}

Executor::Arena::~Arena() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return under_way_ == 0; });
}

void Executor::Arena::Announce() {
  const std::lock_guard lock(mutex_);
  ++under_way_;
}

void Executor::Arena::Ended() {
  const std::lock_guard lock(mutex_);
  if (--under_way_ == 0) done_.notify_all();
}

Executor::Arena::Tbb* Executor::Arena::Begun() {
  const std::lock_guard lock(mutex_);
  if (tbb_ == nullptr) tbb_ = std::make_unique<Tbb>(threads_);
  return tbb_.get();
}

void Executor::Arena::Submit(std::function<void()> work) {
  Tbb* const tbb = Begun();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  // The work may end before this thread has left oneTBB's arena, which must not go before.
  Announce();
  handed_over.fetch_add(1, std::memory_order_acq_rel);
  tbb->arena->enqueue([this] { DoNext(); });
  Ended();
}

void Executor::Arena::DoNext() {
  (void)handed_over.load(std::memory_order_acquire);
  std::function<void()> work;
  {
    const std::lock_guard lock(mutex_);
    work = std::move(waiting_.front());
    waiting_.pop_front();
  }
  work();
  work = nullptr;
  Ended();
}

void Executor::Arena::Run(const std::function<void()>& work) {
  Announce();
  const auto end = [](Arena* arena) { arena->Ended(); };
  const std::unique_ptr<Arena, decltype(end)> announced(this, end);
  Begun()->arena->execute([&] { tbb::this_task_arena::isolate(work); });
}

}  // namespace pixlake
