// How columns are found in data files and statistics (PROTOCOL.md, "Column Mapping").
#pragma once

#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/scan.h"

namespace pixlake::delta {

// One for each column. `mode` is "none", "name" or "id"; kCorrupt for a mapped column without its
// name or id.
Result<std::vector<table::FieldMapping>> MappingFor(const arrow::Schema& schema, const std::string& mode);

}  // namespace pixlake::delta
