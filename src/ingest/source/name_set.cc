#include <utility>

#define XXH_INLINE_ALL  // as Arrow itself includes it: it exports no symbols of it
#include <arrow/vendored/xxhash.h>

#include "ingest/source/name_set_internal.h"

namespace pixlake::ingest {

bool NameSet::Place(const Hash& hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash[0] & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
    if (slots_[at] == Hash{}) {
      slots_[at] = hash;
      return true;
    }
  }
}

bool NameSet::Insert(std::string_view name) {
  if (4 * (used_ + 1) > 3 * slots_.size()) {
    std::vector<Hash> old(slots_.empty() ? 1024 : 2 * slots_.size());
    std::swap(old, slots_);
    for (const Hash& hash : old) {
      if (hash != Hash{}) Place(hash);
    }
  }
  const XXH128_hash_t digest = XXH3_128bits(name.data(), name.size());
  const bool added = Place({digest.low64, digest.high64 | 1});
  used_ += added ? 1 : 0;
  return added;
}

std::string NameSet::Unique(std::string name) {
  if (Insert(name)) return name;
  int64_t& n = repeated_.try_emplace(name, 1).first->second;
  std::string numbered;
  do {
    numbered = name + "@" + std::to_string(++n);
  } while (!Insert(numbered));
  return numbered;
}

}  // namespace pixlake::ingest
