// Columns of the lake's own tables that came with later versions.
#pragma once

#include <string_view>

#include "catalog/lake.h"

namespace pixlake::catalog {

// A column that lakes of earlier versions do not have yet: added by who writes next, null in
// the rows there were; readers go without.
bool IsLaterColumn(const TableName& name, std::string_view column);

}  // namespace pixlake::catalog
