// Conditions on scans, read off a query's own tree: DuckDB's C API hands a table
// function no filters. They only skip files and row groups; DuckDB filters the rows.
#pragma once

#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "table/predicate/predicate.h"

namespace pixlake::query {

// A place in a statement that may be a scan of ours, with what the statement asks of its
// rows: those that do not satisfy `condition` change nothing about the answer.
struct ScanMention {
  enum class Kind { kCall, kName };

  Kind kind = Kind::kCall;
  std::string name;     // of the function, or of the table as it was typed
  std::string schema;   // kName: in front of it
  std::string uri;      // empty: computed
  size_t position = 0;  // of its first byte in the statement
  bool has_alias = false;
  table::Predicate condition;  // column names as the query spells them
};

// From the JSON of `json_serialize_sql`. `functions` are the names of scan functions.
//
// Understood are comparisons of a column with literals, BETWEEN, IN, LIKE 'a%', prefix
// functions, IS [NOT] NULL, and AND, OR, NOT over them, in a WHERE right above a scan (alone
// in FROM, or among inner joins when the column is qualified) and in the ON of those joins.
// Whatever is unclear may be true: a sample, renamed columns, ordinality, outer joins.
std::vector<ScanMention> FindScanMentions(const std::string& tree, const std::vector<std::string>& functions);

// The condition on columns that `schema` has (names in any case), with literals that
// compare in Arrow as DuckDB compares them in a session of UTC.
table::Predicate TypeLiterals(const table::Predicate& predicate, const arrow::Schema& schema);

}  // namespace pixlake::query
