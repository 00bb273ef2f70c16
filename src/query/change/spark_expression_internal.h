// Expressions that Delta tables keep, in Spark's SQL, for DuckDB.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake::query {

// The same expression in DuckDB's SQL. kUnsupported, naming what it is, for functions and
// literals that are not known to mean the same in both.
Result<std::string> FromSparkSql(std::string_view expression);

}  // namespace pixlake::query
