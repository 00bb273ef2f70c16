// When which upkeep of which table was last done.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "catalog/lake.h"

namespace pixlake::pipeline {

// A small file in the lake. One that is missing or damaged says that nothing was ever done.
class UpkeepTimes {
 public:
  static UpkeepTimes Read(const catalog::Lake& lake);

  // Milliseconds since the epoch; 0: never.
  int64_t Last(const std::string& table, const std::string& what) const;
  // `every_ms` 0: it is never due. A time to come, of a clock that went wrong, is none.
  bool IsDue(const std::string& table, const std::string& what, int64_t every_ms, int64_t now_ms) const;
  // Writes it down at once.
  Status Done(const catalog::Lake& lake, const std::string& table, const std::string& what, int64_t now_ms);

 private:
  std::map<std::string, int64_t> times_;  // by "table what"
};

}  // namespace pixlake::pipeline
