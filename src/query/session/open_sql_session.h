// SQL over the tables a session of work may open.
#pragma once

#include <memory>
#include <string>

#include "base/memory/memory_plan.h"
#include "base/result.h"
#include "query/session/sql_session.h"
#include "session/session.h"

namespace pixlake::query {

// A session in which `table_scan('uri'[, version := n])` (whatever the table's format;
// `delta_scan` is for Delta tables alone) and `FROM 'path/of/a/table'`
// read tables through the session, within its threads and the memory of such work.
Result<std::unique_ptr<SqlSession>> OpenSqlSession(const session::Session& session, Work work = Work::kSql);

// Where work larger than memory spills: local, made by who needs it.
std::string TemporaryFolder();

}  // namespace pixlake::query
