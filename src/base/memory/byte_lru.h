// What was used last, within so many bytes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/memory/cache_loan.h"

namespace pixlake {

// Values by key; the one used longest ago goes first. Thread-safe.
template <typename Value>
class ByteLru {
 public:
  // As much until somebody lends it memory.
  explicit ByteLru(int64_t max_bytes) : limit_(max_bytes) {}

  // Room for `bytes` more for as long as the loan lives, which the cache must outlive.
  CacheLoan Lend(int64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    limit_.Lend(bytes);
    Shrink();
    return CacheLoan([this, bytes] {
      const std::lock_guard<std::mutex> ending(mutex_);
      limit_.TakeBack(bytes);
      Shrink();
    });
  }

  // Null when there is none.
  std::shared_ptr<const Value> Find(const std::string& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // `bytes` as far as they can be told; one larger than an eighth of all is not kept.
  void Put(const std::string& key, std::shared_ptr<const Value> value, int64_t bytes) {
    bytes += static_cast<int64_t>(2 * key.size() + sizeof(Entry));
    const std::lock_guard<std::mutex> lock(mutex_);
    if (bytes > limit_.bytes() / 8) return;
    if (const auto old = by_key_.find(key); old != by_key_.end()) Remove(old->second);
    entries_.push_front({key, std::move(value), bytes});
    by_key_.emplace(key, entries_.begin());
    bytes_ += bytes;
    Shrink();
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    int64_t bytes = 0;
  };
  using Place = typename std::list<Entry>::iterator;

  void Shrink() {
    while (bytes_ > limit_.bytes()) Remove(std::prev(entries_.end()));
  }

  void Remove(Place entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
  }

  std::mutex mutex_;
  CacheLimit limit_;
  std::list<Entry> entries_;  // the one used last in front
  std::unordered_map<std::string, Place> by_key_;
  int64_t bytes_ = 0;
};

}  // namespace pixlake
