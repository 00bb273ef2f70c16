// The threads of one piece of work: a session's.
#pragma once

#include <functional>
#include <memory>

#include "base/stop/stop_token.h"

namespace pixlake {

enum class WorkKind {
  kCpu,   // on the arena: as many at once as the session has threads
  kIo,    // waits for a disk or a socket: on I/O threads, of which there is a bound
  kLoop,  // goes on for as long as what it belongs to: on an I/O thread that the bound does not count
};

// Work for the processor runs on one oneTBB arena, work that waits on threads of its own; both begin
// when they are first needed. Code does not talk to it but to what stands on it, which keeps one rule:
// who waits for work that nobody has begun does it himself. So nothing waits for a free thread, and work
// may wait for work of the same executor however deep, as long as what is begun ends.
//   pending.h   one piece whose result is wanted later
//   for_each.h  many pieces, the caller among those who do them
//   crew.h      pieces that come by and by
// Thread-safe. What has work on it holds it.
class Executor : public std::enable_shared_from_this<Executor> {
 public:
  static std::shared_ptr<Executor> Make(int threads);
  // Waits for all work; its I/O threads are then gone. The arena's are oneTBB's, which the process's
  // executors share: soon after the last of these they are gone, if no other thread that has called
  // oneTBB lives on.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  int threads() const { return threads_; }

  // Has a thread do `work`, which must not throw, in the scope of the caller's stop. False when no
  // thread is to be had: it will not be done.
  bool Submit(WorkKind kind, std::function<void()> work);

  // Does `work` here as one of the arena's threads, for algorithms of oneTBB's: what it waits for it
  // helps with, and with nothing else. Waits while the arena is full.
  void RunInArena(const std::function<void()>& work);

 private:
  class Arena;
  class IoThreads;
  explicit Executor(int threads);

  const int threads_;
  const std::unique_ptr<IoThreads> io_;
  const std::unique_ptr<Arena> arena_;
};

// Of the innermost scope that has one; where none has, one made for the caller, gone with what it
// holds: tests, and whoever uses a module without a session.
std::shared_ptr<Executor> CurrentExecutor();
std::shared_ptr<Executor> ExecutorOf(const StopToken& token);  // null: none

// That this process may use.
int AvailableCores();

}  // namespace pixlake
