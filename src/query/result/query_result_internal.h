// A running statement and its rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/duckdb/duckdb_handles_internal.h"
#include "query/result/query_result.h"
#include "query/scan/table_scan_function_internal.h"
#include "query/text/edited_text.h"

namespace pixlake::query {

// Starts a prepared statement; returns when its first rows are there. `kinds`: what the
// columns' fields say of themselves (PlainType::kind), by position; may be shorter. `sql`: what
// errors quote.
Result<std::unique_ptr<QueryResult>> RunStatement(duckdb_connection connection, Prepared statement,
                                                  std::shared_ptr<ScanContext> context, const EditedText& sql,
                                                  std::vector<std::string> kinds = {});

// Runs it to its end for what it does, not for its rows.
Status DrainResult(QueryResult* result);

}  // namespace pixlake::query
