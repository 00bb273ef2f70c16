// Changing rows of tables: DELETE, UPDATE, MERGE, INSERT, TRUNCATE.
#pragma once

#include <string>

#include "base/result.h"
#include "query/change/change.h"
#include "session/session.h"

namespace pixlake::query {

// Runs one statement of SQL. kUsage when it is none that changes rows.
Result<ChangeReport> ChangeTable(const session::Session& session, const std::string& sql);

// Runs one statement (see query/change/change.h for what it promises) in a session of
// its own.
Result<ChangeReport> ChangeTable(const session::Session& session, const ChangeStatement& statement);

// The same in a session that is there: its views and temporary tables may be named.
Result<ChangeReport> ChangeTable(const session::Session& session, SqlSession* sql_session,
                                 const ChangeStatement& statement);

// A table that is not there yet (TableFormat::Prepare) is made with the rows of `query`, in
// one commit.
Result<ChangeReport> FillNewTable(const session::Session& session, SqlSession* sql_session,
                                  table::Table* table, const std::string& query);

// Another definition, and the rows of `query` (empty: none), in place of all that the table was, in one
// commit; older versions stay.
Result<ChangeReport> ReplaceTable(const session::Session& session, SqlSession* sql_session,
                                  table::Table* table, const table::TableDefinition& definition,
                                  const std::string& query);

// By which columns the rows of a table that is there lie from now on.
// `definition` is the table's after the transaction; its clustering columns, of any case, are what
// OPTIMIZE arranges rows by from now on, none: by nothing. kUsage for columns that are not there, are
// no plain ones, or are more than four, and for a table that is partitioned.
Status SetClustering(const table::Table& table, const table::TableDefinition& definition,
                     table::Transaction* transaction);

}  // namespace pixlake::query
