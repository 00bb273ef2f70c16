// The urls a run has met or an earlier one has done, as a set of 128-bit hashes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pixlake::sink {

// XXH3-128 of a url. Two urls of a billion share one with a chance of 1 in 10^20.
struct UrlKey {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const UrlKey&) const = default;
};

UrlKey KeyOf(std::string_view url);

// Open addressing: 32 bytes a url at most while it grows, no allocation for each. Of one thread.
class UrlSet {
 public:
  // False when it was there.
  bool Insert(UrlKey key);
  bool Contains(UrlKey key) const;
  size_t size() const { return size_; }

 private:
  // Where the key is, or the free place where it belongs.
  size_t Find(UrlKey key) const;
  void Grow();

  std::vector<UrlKey> slots_;  // a power of two of them; the zero key marks a free one
  size_t size_ = 0;
};

}  // namespace pixlake::sink
