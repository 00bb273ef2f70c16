// Arrow's thread pools, which a process has once.
#pragma once

#include "base/result.h"

namespace pixlake::session {

// While it lives Arrow's CPU pool has at least `threads`, its I/O pool twice as many (who waits needs no
// core). Of several that live the largest counts: a session that comes does not take threads from one
// that works, nor does one that goes; more than the largest asked for there never are.
class ArrowPools {
 public:
  explicit ArrowPools(int threads);
  ~ArrowPools();
  ArrowPools(const ArrowPools&) = delete;
  ArrowPools& operator=(const ArrowPools&) = delete;

  // Why Arrow refused, if it did.
  const Status& status() const { return status_; }

 private:
  const int threads_;
  Status status_;
};

}  // namespace pixlake::session
