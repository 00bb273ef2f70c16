// What a statement of upkeep did, as rows.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "query/session/sql_session.h"

namespace pixlake::query {

// One row: path, version, metrics (text to text).
Result<std::unique_ptr<QueryResult>> MetricsRow(const std::string& path, int64_t version,
                                                const std::map<std::string, std::string>& metrics);

}  // namespace pixlake::query
