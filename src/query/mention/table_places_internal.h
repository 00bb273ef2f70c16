// Which tokens of a statement stand where a table is named.
#pragma once

#include <vector>

#include "query/text/sql_tokens.h"

namespace pixlake::query {

// By token: true where a table's name or place begins (behind FROM, JOIN, INTO, a comma of
// FROM's list …), so that `delta."x"` is a place there and a column of something elsewhere.
std::vector<bool> TablePlaces(const std::vector<SqlToken>& tokens);

}  // namespace pixlake::query
