// SQL over the tables the engine knows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "query/result_writer.h"
#include "query/sql_session.h"

namespace pixlake::engine {

// A session in which `table_scan('uri'[, version := n])` (whatever the table's format;
// `delta_scan` is for Delta tables alone) and `FROM 'path/of/a/table'`
// read tables through the session, within its threads and the memory of such work.
Result<std::unique_ptr<query::SqlSession>> OpenSqlSession(const Session& session, Work work = Work::kSql);

// Where work larger than memory spills: local, made by who needs it.
std::string TemporaryFolder();

struct SqlRequest {
  std::string sql;
  query::WriteOptions write;
  std::string output;  // a file; empty: the session's output
};

struct SqlReport {
  int64_t rows = 0;
  query::ScanTotals scans;
};

// Runs the statements and writes the last one's rows. A file appears whole or not
// at all and replaces one of that name.
Result<SqlReport> RunSql(const Session& session, const SqlRequest& request);

// The same as one JSON object to the session's output, {"status","rows",…}, written only
// once the query has succeeded.
Result<SqlReport> RunSqlAsJson(const Session& session, const SqlRequest& request);

}  // namespace pixlake::engine
