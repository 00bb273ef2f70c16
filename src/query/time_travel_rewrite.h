// Table references that DuckDB does not know, said as calls of a scan function.
#pragma once

#include <string>

#include "query/sql_tokens.h"

namespace pixlake::query {

// The statement with
//   delta.`uri`                                as  delta_scan('uri')
//   t VERSION AS OF 3, t FOR VERSION AS OF 3   as  delta_scan('t', version := 3)
//   t TIMESTAMP AS OF '2026-11-21'             as  delta_scan('t', as_of := '2026-11-21')
// and everything else as it was. t: zone.name, delta.`uri`, 'uri'.
std::string RewriteTimeTravel(const SqlStatement& statement);

}  // namespace pixlake::query
