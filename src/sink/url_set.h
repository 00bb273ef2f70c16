// The urls a run has met or an earlier one has done, as a set of 128-bit hashes.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash_set.h"

namespace pixlake::sink {

// XXH3-128 of a url. Two urls of a billion share one with a chance of 1 in 10^20.
struct UrlKey {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const UrlKey&) const = default;
};

UrlKey KeyOf(std::string_view url);

using UrlSet = HashSet<UrlKey>;

}  // namespace pixlake::sink
