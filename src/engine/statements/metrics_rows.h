// What a statement of upkeep did, as rows.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "query/sql_session.h"

namespace pixlake::engine {

// One row: path, version, metrics (text to text).
Result<std::unique_ptr<query::QueryResult>> MetricsRow(const std::string& path, int64_t version,
                                                       const std::map<std::string, std::string>& metrics);

}  // namespace pixlake::engine
