#include "sink/url_set.h"

#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pixlake::sink {
namespace {

constexpr UrlKey kFree{};
constexpr size_t kFirstSlots = 1024;

}  // namespace

UrlKey KeyOf(std::string_view url) {
  const XXH128_hash_t hash = XXH3_128bits(url.data(), url.size());
  // The zero key is the mark of a free place.
  return {hash.low64, hash.low64 == 0 && hash.high64 == 0 ? 1 : hash.high64};
}

size_t UrlSet::Find(UrlKey key) const {
  size_t at = key.low & (slots_.size() - 1);
  while (slots_[at] != kFree && slots_[at] != key) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void UrlSet::Grow() {
  const std::vector<UrlKey> old = std::exchange(slots_, {});
  slots_.resize(old.empty() ? kFirstSlots : old.size() * 2);
  for (const UrlKey& key : old) {
    if (key != kFree) slots_[Find(key)] = key;
  }
}

bool UrlSet::Insert(UrlKey key) {
  // Up to three quarters full.
  if (size_ * 4 >= slots_.size() * 3) Grow();
  const size_t at = Find(key);
  if (slots_[at] == key) return false;
  slots_[at] = key;
  ++size_;
  return true;
}

bool UrlSet::Contains(UrlKey key) const {
  return !slots_.empty() && slots_[Find(key)] == key;
}

}  // namespace pixlake::sink
