// One ingest, and one run of steps, at a time in a lake.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/stop/stop_token.h"
#include "catalog/lake.h"
#include "lake/lease/lease.h"
#include "table/transaction.h"

namespace pixlake::lake {

// Held while it lives. Whoever decides that a content is new must be alone in deciding it. On a local disk
// a lock that the system gives back when the process dies; in a store a lease, which may be lost: then the
// work is stopped, and what it commits under `epoch` is refused. Made and destroyed by one thread, which
// works in its scope in between.
class LakeLock {
 public:
  // Waits for a run that has it; `on_wait` is called once, before waiting. kCancelled on
  // SIGINT.
  // `work`: "ingest" or "run"; who does one waits for others who do the same.
  static Result<std::unique_ptr<LakeLock>> Acquire(const catalog::Lake& lake, const std::string& work,
                                                   const std::function<void()>& on_wait);
  ~LakeLock();
  LakeLock(const LakeLock&) = delete;
  LakeLock& operator=(const LakeLock&) = delete;

  // What every commit is made under; none on a local disk.
  const std::optional<table::LeaseEpoch>& epoch() const { return epoch_; }
  // Who had it before may still be at work: its tables are fenced before they are looked at.
  bool took_over() const { return lease_ != nullptr && lease_->took_over(); }
  // They are. Until then it is not given back by name: who comes next has to fence as well.
  void NoteFenced() { fenced_ = true; }
  // kCommitConflict once it is lost.
  Status Check() { return lease_ == nullptr ? Status::OK() : lease_->Check(); }
  // How the work ended: where it was stopped because the lease was lost, that is why.
  Status Explain(const Status& ended);

 private:
  explicit LakeLock(int fd) : fd_(fd) {}
  LakeLock(std::unique_ptr<Lease> lease, std::string app_id);

  const int fd_ = -1;
  const std::unique_ptr<Lease> lease_;
  std::optional<table::LeaseEpoch> epoch_;
  bool fenced_ = false;
  std::optional<StopScope> scope_;
};

}  // namespace pixlake::lake
