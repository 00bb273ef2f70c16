// Keeps a former holder of a lease from committing beside the one who took over.
#pragma once

#include <memory>

#include "base/result.h"
#include "table/table.h"

namespace pixlake::lake {

// Commits nothing but the epoch, unless the table has it: from then on transactions made under an earlier
// one fail (table::Transaction::CommitUnder). kCommitConflict when the table has a later one.
Status FenceTable(table::Table* table, const table::LeaseEpoch& lease);

}  // namespace pixlake::lake
