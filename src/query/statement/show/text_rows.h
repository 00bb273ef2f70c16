// Rows of text, as statements that describe tables give them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/session/sql_session.h"

namespace pixlake::query {

using TextRow = std::vector<std::optional<std::string>>;

// A result of text columns called `names`; each row has as many values.
Result<std::unique_ptr<QueryResult>> TextRows(const std::vector<std::string>& names,
                                              const std::vector<TextRow>& rows);

}  // namespace pixlake::query
