// Rows that are there already, as a query's result.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "query/result/query_result.h"

namespace pixlake::query {

// What statements answer that no engine computes: history, metrics.
Result<std::unique_ptr<QueryResult>> MemoryResult(std::shared_ptr<arrow::Table> rows);

}  // namespace pixlake::query
