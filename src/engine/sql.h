// SQL over the tables the engine knows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "query/result/result_writer.h"
#include "query/session/sql_session.h"

namespace pixlake::engine {

struct SqlRequest {
  std::string sql;
  query::WriteOptions write;
  std::string output;  // a file; empty: the session's output
};

struct SqlReport {
  int64_t rows = 0;
  query::ScanTotals scans;
};

// Runs the statements and writes each one's rows, one after the other; as Parquet or Arrow the last
// one's. A file appears whole or not
// at all and replaces one of that name.
Result<SqlReport> RunSql(const Session& session, const SqlRequest& request);

// The last one's as one JSON object to the session's output, {"status","rows",…}, written only
// once the query has succeeded.
Result<SqlReport> RunSqlAsJson(const Session& session, const SqlRequest& request);

}  // namespace pixlake::engine
