// What tokens of a statement are, beyond their kinds.
#pragma once

#include <vector>

#include "query/text/sql_tokens.h"

namespace pixlake::query {

// By token: how many brackets are open around it; a bracket itself has the depth outside.
// kUsage, pointing at it, for a bracket that closes nothing or is not closed.
Result<std::vector<int>> BracketDepths(const SqlStatement& statement);

// By token: true for an END that is a name and ends no CASE. In SQL as Spark has it a column may
// be called so; where an operand is missing, or no CASE is open, nothing else can be meant.
std::vector<bool> NamesCalledEnd(const std::vector<SqlToken>& tokens);

}  // namespace pixlake::query
