// What was used last, within so many bytes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace pixlake {

// Values by key; the one used longest ago goes first. Thread-safe.
template <typename Value>
class ByteLru {
 public:
  explicit ByteLru(int64_t max_bytes) : max_bytes_(max_bytes) {}

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
    if (bytes > max_bytes_ / 8) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto old = by_key_.find(key); old != by_key_.end()) Remove(old->second);
    entries_.push_front({key, std::move(value), bytes});
    by_key_.emplace(key, entries_.begin());
    bytes_ += bytes;
    while (bytes_ > max_bytes_) Remove(std::prev(entries_.end()));
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    int64_t bytes = 0;
  };
  using Place = typename std::list<Entry>::iterator;

  void Remove(Place entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
  }

  const int64_t max_bytes_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last in front
  std::unordered_map<std::string, Place> by_key_;
  int64_t bytes_ = 0;
};

}  // namespace pixlake
