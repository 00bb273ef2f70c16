// The newest snapshots of the tables that this process opened.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/memory/cache_loan.h"
#include "delta/snapshot/snapshot_internal.h"

namespace pixlake::delta {

// So that a table that is opened again is not replayed again: whoever finds one here asks
// the log whether it moved and reads only what is new (AdvanceState). Bounded by the bytes
// of what is kept, as far as they can be told; the one used longest ago goes first.
// Thread-safe.
class SnapshotCache {
 public:
  // As much until somebody lends it memory.
  explicit SnapshotCache(int64_t max_bytes) : limit_(max_bytes) {}

  // Room for `bytes` more for as long as the loan lives, which the cache must outlive.
  CacheLoan Lend(int64_t bytes);

  // With `table`'s own store; null when there is none.
  Result<std::shared_ptr<const DeltaSnapshot>> Find(const io::Location& table);
  // Replaces an older version; an older one than is there is left out.
  void Put(const std::shared_ptr<const DeltaSnapshot>& snapshot);
  // When the log turned out to be another one.
  void Drop(const io::Location& table);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const DeltaSnapshot> snapshot;
    int64_t bytes = 0;
  };

  void Shrink();

  std::mutex mutex_;
  CacheLimit limit_;
  std::list<Entry> entries_;  // the one used last in front
  int64_t bytes_ = 0;
};

}  // namespace pixlake::delta
