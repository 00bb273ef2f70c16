// What the definition of a table must be like before it is committed.
#pragma once

#include <map>
#include <string>

#include "table/table.h"

namespace pixlake::delta {

// kUsage for names that are empty, twice (in any case) or, unless columns are `mapped`, such
// that Parquet writers of other engines refuse them, or reserved (table/reserved_names.h); for partition
// columns that are none; for a table without a column of its own.
Status CheckDefinition(const table::TableDefinition& definition, bool mapped);

// kUsage for a property with a value that is none of its own, kUnsupported for one that asks
// for what we do not do. `before`: those that the table has.
Status CheckProperties(const std::map<std::string, std::string>& properties,
                       const std::map<std::string, std::string>& before);

}  // namespace pixlake::delta
