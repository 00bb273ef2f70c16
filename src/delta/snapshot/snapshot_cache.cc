#include <algorithm>

#include "delta/snapshot/snapshot_cache_internal.h"

namespace pixlake::delta {

namespace {

std::string KeyOf(const io::Location& table) {
  return std::string(table.store->scheme()) + " " + table.path;
}

int64_t BytesOf(const TableState& state) {
  int64_t bytes = static_cast<int64_t>(sizeof(TableState) + state.metadata.schema_string.size());
  for (const AddFile& file : state.files) {
    bytes += static_cast<int64_t>(sizeof(AddFile) + file.path.size() + file.stats.size()) +
             int64_t{64} * static_cast<int64_t>(1 + file.partition_values.size() + file.tags.size());
  }
  return bytes;
}

}  // namespace

Result<std::shared_ptr<const DeltaSnapshot>> SnapshotCache::Find(const io::Location& table) {
  std::shared_ptr<const DeltaSnapshot> found;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& candidate) { return candidate.key == KeyOf(table); });
    if (entry == entries_.end()) {
      return found;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    found = entry->snapshot;
  }
  // A snapshot reads through its own store, which may be kept differently (without syncs).
  return found->location().store == table.store ? found : DeltaSnapshot::Make(table, found->state());
}

void SnapshotCache::Put(const std::shared_ptr<const DeltaSnapshot>& snapshot) {
  Entry entry{KeyOf(snapshot->location()), snapshot, BytesOf(snapshot->state())};
  const std::lock_guard lock(mutex_);
  const auto old = std::find_if(entries_.begin(), entries_.end(),
                                [&](const Entry& candidate) { return candidate.key == entry.key; });
  if (old != entries_.end()) {
    if (old->snapshot->version() > snapshot->version()) {
      return;
    }
    bytes_ -= old->bytes;
    entries_.erase(old);
  }
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  Shrink();
}

void SnapshotCache::Shrink() {
  while (bytes_ > limit_.bytes() && !entries_.empty()) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
}

CacheLoan SnapshotCache::Lend(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_.Lend(bytes);
  Shrink();
  return CacheLoan([this, bytes] {
    const std::lock_guard ending(mutex_);
    limit_.TakeBack(bytes);
    Shrink();
  });
}

void SnapshotCache::Drop(const io::Location& table) {
  const std::lock_guard lock(mutex_);
  const auto old = std::find_if(entries_.begin(), entries_.end(),
                                [&](const Entry& candidate) { return candidate.key == KeyOf(table); });
  if (old != entries_.end()) {
    bytes_ -= old->bytes;
    entries_.erase(old);
  }
}

}  // namespace pixlake::delta
