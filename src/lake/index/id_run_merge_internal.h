// Several runs of the id index into one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lake/index/id_run_internal.h"

namespace pixlake::lake {

struct MergeInput {
  std::shared_ptr<IdRun> run;
  // By the run's own number of a file: its number in the new run; -1: its entries go.
  std::vector<int64_t> files;
};

// A streaming merge: a block of each input at a time. kCorrupt when one is damaged.
Result<std::shared_ptr<IdRun>> MergeRuns(io::Store* store, const std::string& path, const IdColumns& columns,
                                         const std::vector<MergeInput>& inputs,
                                         std::vector<CoveredFile> files);

}  // namespace pixlake::lake
