// By which columns the rows of a table that is there lie.
#pragma once

#include "base/result.h"
#include "table/table.h"

namespace pixlake::query {

// `definition` is the table's after the transaction; its clustering columns, of any case, are what
// OPTIMIZE arranges rows by from now on, none: by nothing. kUsage for columns that are not there, are
// no plain ones, or are more than four, and for a table that is partitioned.
Status SetClustering(const table::Table& table, const table::TableDefinition& definition,
                     table::Transaction* transaction);

}  // namespace pixlake::query
