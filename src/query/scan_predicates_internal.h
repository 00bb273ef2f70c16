// Conditions on scans, read off a query's own tree: DuckDB's C API hands a table
// function no filters. They only skip files and row groups; DuckDB filters the rows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "table/predicate.h"

namespace pixlake::query {

// By the literal URI of the scan; column names as the query spells them.
using ScanPredicates = std::map<std::string, table::Predicate>;

// From the JSON of `json_serialize_sql`. `functions` are the names of scan functions.
//
// Takes conjuncts `column op literal`, BETWEEN, IN and IS [NOT] NULL of a WHERE right
// above a scan (alone in FROM, or among inner joins when the column is qualified).
// Whatever is unclear gives no condition: a URI that stands twice in the query or is
// computed, a sample, renamed columns, ordinality, outer joins, OR.
ScanPredicates ExtractScanPredicates(const std::string& tree, const std::vector<std::string>& functions);

// The conditions on columns that `schema` has (names in any case), with literals that
// compare in Arrow as DuckDB compares them; the others are dropped.
table::Predicate BindPredicate(const table::Predicate& predicate, const arrow::Schema& schema);

}  // namespace pixlake::query
