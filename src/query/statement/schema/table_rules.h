// What a table's own expressions allow of a change to its schema.
#pragma once

#include <string>
#include <vector>

#include "query/statement/statement.h"
#include "table/table.h"

namespace pixlake::query {

// kUnsupported, naming it, for an expression that we could not enforce or compute on this
// schema; kUsage for one that names a column it does not have.
Status CheckExpression(const arrow::Schema& schema, const std::string& expression);

// The same for those of the columns: generated ones and defaults.
Status CheckColumnExpressions(const arrow::Schema& schema);

// kUsage when a constraint, or a generated column, names the column that is to be `deed`.
Status CheckNotNamed(const table::WriteRules& rules, const std::string& column, std::string_view deed);

// How many rows of the snapshot fulfil `where`, which is DuckDB's SQL.
Result<int64_t> CountRows(const StatementContext& context, const table::Table& table,
                          const table::Snapshot& snapshot, const std::string& where);

}  // namespace pixlake::query
