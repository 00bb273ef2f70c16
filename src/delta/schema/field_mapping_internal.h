// How columns are found in data files and statistics (PROTOCOL.md, "Column Mapping").
#pragma once

#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/scan.h"

namespace pixlake::delta {

// What the column is called in files, statistics and domains. `mode` is "none", "name" or "id";
// kCorrupt for a mapped column without such a name.
Result<std::string> PhysicalName(const arrow::Field& field, const std::string& mode);

// One for each column. kCorrupt for a mapped column without its name or id.
Result<std::vector<table::FieldMapping>> MappingFor(const arrow::Schema& schema, const std::string& mode);

}  // namespace pixlake::delta
