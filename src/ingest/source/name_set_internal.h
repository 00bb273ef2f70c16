// Which member names were met, by 16-byte hashes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pixlake::ingest {

// 16 bytes a name and up to as much again; a name is never forgotten. Two names that share
// a hash are taken for one, which costs the later one a needless suffix.
class NameSet {
 public:
  // False when it was there already.
  bool Insert(std::string_view name);
  size_t size() const { return used_; }

 private:
  using Hash = std::array<uint64_t, 2>;  // {0, 0}: free
  bool Place(const Hash& hash);

  std::vector<Hash> slots_;
  size_t used_ = 0;
};

}  // namespace pixlake::ingest
