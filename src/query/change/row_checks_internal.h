// What a table asks of new rows, as SQL.
#pragma once

#include <set>
#include <string>

#include "query/change/change_query_internal.h"

namespace pixlake::query {

// In front of the message of a check that failed.
inline constexpr char kViolationMark[] = "pixlake:violation:";

// Further columns for the query over the new rows: each constraint, as a check that fails
// the statement and names the constraint. kUnsupported, naming it, for an expression
// that means or may mean something else here than to its writer.
Result<std::string> RowChecks(const ChangeTarget& target);
bool HasChecks(const ChangeTarget& target);

// The expression behind DEFAULT; NULL when the column has none.
Result<std::string> DefaultOf(const ChangeTarget& target, int column);

// The query `rows` of whole new rows with the generated columns computed that are not
// `given`; `computed` gets which.
Result<std::string> WithGenerated(const ChangeTarget& target, const std::string& rows,
                                  const std::set<int>& given, std::set<int>* computed);

}  // namespace pixlake::query
