// What becomes of a value as its column stores it.
#pragma once

#include <set>
#include <string>

#include "base/result.h"
#include "query/change/change_query_internal.h"

namespace pixlake::query {

// The query with its columns `columns` as they are stored, which is how constraints and
// conditions see them: an empty text or blob of a partition column is NULL, since no format of
// a table's log has it; CHAR(n) is filled up with blanks, as it is when it is read; what is too
// long for CHAR(n) and VARCHAR(n) fails the query.
Result<std::string> AsStored(const ChangeTarget& target, const std::string& rows,
                             const std::set<int>& columns);

// The same of one expression that may be evaluated several times.
Result<std::string> StoredValue(const ChangeTarget& target, int column, const std::string& value);

}  // namespace pixlake::query
