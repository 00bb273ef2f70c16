// How long queries of a lake took: lines of a file in it, for its statistics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::pipeline {

// No text of it: a statement has what nobody is to read later.
struct QueryRecord {
  int64_t at_ms = 0;
  std::string kind;  // its first word, upper case: SELECT, MERGE, …
  double seconds = 0;
  int64_t rows = 0;
  int64_t files = 0;
  int64_t files_skipped = 0;
  bool failed = false;
};

// "SELECT" of "-- a comment\n select 1". Empty: there is none.
std::string StatementKind(std::string_view sql);

// Appends a line to `<lake>/_pixlake/queries/queries.log`, which is kept small. Of a lake on a local disk
// alone; that it cannot be written is nobody's error.
void RecordQuery(const session::Session& session, const QueryRecord& record);

// The newest ones that are kept, at most `most`; lines that are damaged are left out.
Result<std::vector<QueryRecord>> ReadQueries(const catalog::Lake& lake, size_t most);

}  // namespace pixlake::pipeline
