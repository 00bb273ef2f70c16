// Changing rows of tables: DELETE, UPDATE, MERGE, INSERT, TRUNCATE.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "query/change/change.h"

namespace pixlake::engine {

// Runs one statement of SQL. kUsage when it is none that changes rows.
Result<query::ChangeReport> ChangeTable(const Session& session, const std::string& sql);

// Runs one statement (see query/change/change.h for what it promises) in a session of
// its own.
Result<query::ChangeReport> ChangeTable(const Session& session, const query::ChangeStatement& statement);

// The same in a session that is there: its views and temporary tables may be named.
Result<query::ChangeReport> ChangeTable(const Session& session, query::SqlSession* sql_session,
                                        const query::ChangeStatement& statement);

// A table that is not there yet (TableFormat::Prepare) is made with the rows of `query`, in
// one commit.
Result<query::ChangeReport> FillNewTable(const Session& session, query::SqlSession* sql_session,
                                         table::Table* table, const std::string& query);

}  // namespace pixlake::engine
