// Liquid clustering: by which columns the rows of a table lie (PROTOCOL.md, "Clustered Table").
#pragma once

#include <string>
#include <vector>

#include "delta/snapshot/table_state_internal.h"

namespace pixlake::delta {

// The columns by their logical names, a field of a struct as "a.b". None: not clustered.
Result<std::vector<std::string>> ClusteringColumns(const TableState& state);

// Makes the state of a new table clustered by these top-level columns. kUsage for columns that
// are not there, named twice, more than four, or without statistics; and with partitions.
Status ClusterBy(const std::vector<std::string>& columns, TableState* state);

}  // namespace pixlake::delta
