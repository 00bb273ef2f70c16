// Expressions that Delta tables keep, in Spark's SQL, for DuckDB.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::query {

struct TranslatedExpression {
  std::string sql;
  std::set<int> columns;  // of the schema, those it reads
  bool repeats = true;    // computed again it gives the same: no clock, no chance
};

// The same expression over the columns of `schema`, in DuckDB's SQL; sessions run in UTC.
// Every word, literal, operator and cast must be known to mean the same in both.
// kUnsupported names the first that is not; kUsage a column that is not there.
Result<TranslatedExpression> FromSparkSql(std::string_view expression, const arrow::Schema& schema);

// True when the expression names the column, or might. For what must not lose its columns.
bool MayName(std::string_view expression, std::string_view column);

}  // namespace pixlake::query
