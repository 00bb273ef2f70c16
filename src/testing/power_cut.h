// Every state that a power cut during a recorded run may leave.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "testing/disk_record.h"

namespace pixlake::test {

struct PowerCut {
  size_t operations = 0;           // that were done before it
  std::string loss;                // by which model
  std::vector<std::string> marks;  // what was acknowledged before it
  DiskTree tree;
};

struct PowerCutOptions {
  size_t from = 0;         // the first operation after which there may be a cut
  uint32_t seeds = 2;      // of states lost at random, after every operation
  size_t most_states = 0;  // 0: all; else so many, spread over the run. PIXLAKE_ALL_CUTS=1: all
  bool last_only = false;  // after the last operation alone
};

// Each state once, the earliest first; how many. Ends at the first that `visit` is not content with.
size_t ForEachPowerCut(DiskReplay replay, const std::vector<DiskOperation>& operations,
                       const PowerCutOptions& options, const std::function<bool(const PowerCut&)>& visit);

}  // namespace pixlake::test
