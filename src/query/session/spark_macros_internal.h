// Functions that Spark has and DuckDB has not, as macros.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "query/text/sql_tokens.h"

namespace pixlake::query {

// Which of them are there, and which names the user's own macros have taken.
class SparkMacros {
 public:
  // What is to be run before a statement that has these tokens: the first one that calls one of them
  // gets all of them; CREATE MACRO of such a name makes room for it. Empty: nothing.
  std::string Before(const std::vector<SqlToken>& tokens);

 private:
  bool made_ = false;
  std::set<std::string> users_;
};

}  // namespace pixlake::query
