// Which member names were met, by 16-byte hashes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pixlake::ingest {

// 16 bytes a name and up to as much again; a name is never forgotten. Two names that share
// a hash are taken for one, which costs the later one a needless suffix.
class NameSet {
 public:
  // `name`, or where that was met before "name@<n>", the first from 2 that was not.
  std::string Unique(std::string name);
  size_t size() const { return used_; }

 private:
  using Hash = std::array<uint64_t, 2>;  // {0, 0}: free
  // False when it was there already.
  bool Insert(std::string_view name);
  bool Place(const Hash& hash);

  std::vector<Hash> slots_;
  size_t used_ = 0;
  // The last number given to a name that was met twice: a million equal ones take no
  // million tries each.
  std::map<std::string, int64_t> repeated_;
};

}  // namespace pixlake::ingest
