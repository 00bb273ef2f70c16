// Names that no column of a table has.
#pragma once

#include <string_view>

namespace pixlake::table {

// Whether a name, in any case, is one of those that scans and changes of rows keep for
// themselves ("__pixlake_…"): no column of a table is read or written under it.
bool IsReservedName(std::string_view name);

}  // namespace pixlake::table
