// The runs of an index on disk, and which of them a snapshot needs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "lake/index/id_run_builder_internal.h"
#include "lake/index/id_run_internal.h"

namespace pixlake::lake {

// A run in use: by its own number of a file, the plan's task; -1 for files that the
// snapshot does not have or that another run covers.
struct LiveRun {
  std::shared_ptr<IdRun> run;
  std::vector<int64_t> tasks;
};

// Brings the runs up to the source's plan: loads them (what is damaged is deleted and
// built again), builds one for the files that none covers, merges them when they are
// more than 8, deletes those that are of no use to anyone. Any number of processes may
// do so at once: runs are only deleted when others cover their files or the files are
// gone, and one that was deleted too early costs building it again.
Result<std::vector<LiveRun>> BringRunsUpToDate(const IdSource& source);

}  // namespace pixlake::lake
