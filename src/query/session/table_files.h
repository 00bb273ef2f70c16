// Data files are a table's own: which of their rows are there, its log says.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "query/session/sql_session.h"

namespace pixlake::query {

// kUsage for rows of Parquet files that lie in a table's folder, naming the table to ask instead:
// read past the log, rows that were deleted or replaced would be counted. Files in hidden folders
// ("_delta_log") are read, and so is what is no row. `is_table` says of a local folder.
Status MayReadFile(const FileRead& file, const std::function<bool(const std::string&)>& is_table);

}  // namespace pixlake::query
