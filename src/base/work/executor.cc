#include "base/work/executor.h"

#include <algorithm>
#include <utility>

#include <sched.h>

#include "base/work/arena_internal.h"
#include "base/work/io_threads_internal.h"

namespace pixlake {

std::shared_ptr<Executor> Executor::Make(int threads) {
  return std::shared_ptr<Executor>(new Executor(std::max(1, threads)));
}

Executor::Executor(int threads)
    : threads_(threads), io_(std::make_unique<IoThreads>()), arena_(std::make_unique<Arena>(threads)) {}

Executor::~Executor() = default;

bool Executor::Submit(WorkKind kind, std::function<void()> work) {
  auto in_scope = [token = CurrentStopToken(), work = std::move(work)]() mutable {
    const StopScope scope(std::move(token));
    work();
    work = nullptr;
  };
  if (kind != WorkKind::kCpu) return io_->Submit(std::move(in_scope), kind == WorkKind::kLoop);
  arena_->Announce();
  auto submit = [this, in_scope = std::move(in_scope)]() mutable { arena_->Submit(std::move(in_scope)); };
  // Beyond the bound: it does not wait.
  if (!io_->Submit(submit, /*is_loop=*/true)) submit();
  return true;
}

void Executor::RunInArena(const std::function<void()>& work) {
  arena_->Run(work);
}

std::shared_ptr<Executor> CurrentExecutor() {
  auto executor = ExecutorOf(CurrentStopToken());
  return executor != nullptr ? executor : Executor::Make(AvailableCores());
}

std::shared_ptr<Executor> ExecutorOf(const StopToken& token) {
  for (const StopState* state = token.state_.get(); state != nullptr; state = state->above.get()) {
    if (auto executor = state->executor.lock()) return executor;
  }
  return nullptr;
}

int AvailableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return 1;
}

}  // namespace pixlake
