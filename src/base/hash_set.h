// A set of keys that are hashes themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

namespace pixlake {

// Open addressing by a key's first eight bytes, which must be as good as random: no
// allocation for each, at most 8/3 of the keys' own bytes but while it grows. Of one thread.
template <typename Key>
class HashSet {
  static_assert(std::is_trivially_copyable_v<Key> && sizeof(Key) >= sizeof(uint64_t));

 public:
  // False when it was there.
  bool Insert(const Key& key) {
    if (key == Key{}) {
      size_ += has_zero_ ? 0 : 1;
      return !std::exchange(has_zero_, true);
    }
    // Up to three quarters full.
    if (size_ * 4 >= slots_.size() * 3) Grow();
    const size_t at = Find(key);
    if (slots_[at] == key) return false;
    slots_[at] = key;
    ++size_;
    return true;
  }

  bool Contains(const Key& key) const {
    if (key == Key{}) return has_zero_;
    return !slots_.empty() && slots_[Find(key)] == key;
  }

  size_t size() const { return size_; }

 private:
  static constexpr size_t kFirstSlots = 1024;

  // Where the key is, or the free place where it belongs.
  size_t Find(const Key& key) const {
    uint64_t first;
    std::memcpy(&first, &key, sizeof(first));
    size_t at = first & (slots_.size() - 1);
    while (slots_[at] != Key{} && slots_[at] != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void Grow() {
    const std::vector<Key> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? kFirstSlots : old.size() * 2);
    for (const Key& key : old) {
      if (key != Key{}) slots_[Find(key)] = key;
    }
  }

  std::vector<Key> slots_;  // a power of two of them; the zero key marks a free one
  size_t size_ = 0;
  bool has_zero_ = false;
};

}  // namespace pixlake
