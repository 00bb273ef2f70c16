// What INSERT says in short, at length.
#pragma once

#include "base/result.h"
#include "query/change/change_query_internal.h"

namespace pixlake::query {

// The statement without PARTITION and without DEFAULT among its values: what they stand for is in
// its columns, its query and, where partitions are overwritten, in `replace_where`. kUsage for a
// column that is none of the table's partitions.
Result<InsertStatement> SpelledOut(const ChangeTarget& target, const InsertStatement& statement);

}  // namespace pixlake::query
