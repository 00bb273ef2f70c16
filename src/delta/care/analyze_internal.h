// Statistics of data files collected anew.
#pragma once

#include "delta/snapshot/snapshot_internal.h"
#include "delta/stats/stats_selection_internal.h"

namespace pixlake::delta {

// The statistics by its footer, as the log has them. Bounds that the log has and the footer
// has not are kept; those of a file with deleted rows are said to be wide.
Result<std::string> StatsByFooter(const DeltaSnapshot& snapshot, const AddFile& file,
                                  const StatsSelection& selection);

// Those of the files whose statistics are other ones, with the new.
Result<std::vector<AddFile>> Restated(const DeltaSnapshot& snapshot, const std::vector<const AddFile*>& files,
                                      const StatsSelection& selection);

}  // namespace pixlake::delta
