// Who may do a piece of work in a lake that several machines see: one holder at a time, by objects alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/stop/stop_token.h"
#include "base/work/executor.h"
#include "io/location.h"

namespace pixlake::lake {

// What a lease goes by. Clocks of machines are never compared: a waiter measures, by its own, for how long
// the holder's sign of life has not changed.
struct LeaseOptions {
  std::chrono::milliseconds ttl = std::chrono::seconds(30);
  std::function<std::chrono::milliseconds()> now;  // a clock that only goes forward; empty: the system's
  std::function<Status(std::chrono::milliseconds)> wait;  // empty: sleeps; its error ends the waiting
  std::function<void()> on_wait;                          // once, before somebody is waited for
  bool renews_itself = true;                              // false: the owner calls Renew
};

// `PIXLAKE_LEASE_TTL_MS`, for tests; else the default.
std::chrono::milliseconds LeaseTtl();

// Objects in `folder`, three an epoch, named by its 20 digits:
//   .json      put if absent: who put it has the epoch
//   .beat      put again and again while the holder lives
//   .released  the holder is done, and nothing of it is on its way
// The newest epoch is the lease's. A waiter takes the next one at once when the newest is released, or
// when neither object has changed for a ttl. Whoever was thought dead and wakes up finds the newer epoch when
// he renews, and at the latest at his next commit: see README.md.
//
// Renewed by a thread of the executor in force. Made and destroyed by one thread; the rest is thread-safe.
class Lease {
 public:
  // kCancelled when stopped while waiting.
  static Result<std::unique_ptr<Lease>> Acquire(io::Location folder, LeaseOptions options);
  // Releases it, unless it is lost or was abandoned.
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  int64_t epoch() const { return epoch_; }
  // The holder before did not release it: what he began may still arrive.
  bool took_over() const { return took_over_; }

  // kCommitConflict once it is lost: somebody has a newer epoch, or it could not be renewed for a ttl. Looks
  // into the store when the last sign of life is older than a ttl.
  Status Check();
  // A sign of life, and a look whether there is a newer epoch.
  Status Renew();
  // Something of ours may still arrive: who comes next waits for a ttl and fences.
  void Abandon();
  // Stops once it is lost.
  StopToken stop_token() const { return stop_.token(); }

 private:
  Lease(io::Location folder, LeaseOptions options, int64_t epoch, bool took_over);
  void Start();
  void RenewUntilDone();
  std::string Object(int64_t epoch, const char* kind) const;
  Status Lose(const std::string& why);
  void Release();

  const io::Location folder_;
  const LeaseOptions options_;
  const int64_t epoch_;
  const bool took_over_;
  StopSource stop_;
  std::shared_ptr<Executor> executor_;  // that renews

  std::mutex renewing_;  // one sign of life at a time
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  bool running_ = false;  // the thread that renews
  bool abandoned_ = false;
  int64_t beats_ = 0;
  std::chrono::milliseconds renewed_{};  // when the last sign of life that arrived was begun
  Status lost_;
};

}  // namespace pixlake::lake
