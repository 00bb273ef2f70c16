// What a table asks of new rows, as SQL.
#pragma once

#include <map>
#include <set>
#include <string>

#include "query/change/change_query_internal.h"

namespace pixlake::query {

// In front of the message of a check that failed.
inline constexpr char kViolationMark[] = "pixlake:violation:";

// Columns that a statement gives a value: always (""), or for the rows that a condition
// over the query's own columns holds of.
using GivenColumns = std::map<int, std::string>;

// Further columns for the query over the new rows: NOT NULL of the columns in `values` and
// each constraint, as a check that fails the statement, names the constraint and shows the
// row's values. kUnsupported, naming it,
// for an expression that means or may mean something else here than to its writer.
Result<std::string> RowChecks(const ChangeTarget& target, const std::vector<ChangeQuery::Value>& values);
bool HasChecks(const ChangeTarget& target);

// The expression behind DEFAULT; NULL when the column has none.
Result<std::string> DefaultOf(const ChangeTarget& target, int column);

// The query `rows` of whole new rows with the generated columns computed where they are not
// `given`; `computed` gets which.
Result<std::string> WithGenerated(const ChangeTarget& target, const std::string& rows,
                                  const GivenColumns& given, std::set<int>* computed);

}  // namespace pixlake::query
