// Which files a statement reads by path, past every table.
#pragma once

#include <string>
#include <vector>

#include "query/text/sql_tokens.h"

namespace pixlake::query {

// A call of one of DuckDB's functions that read files, or a file named in FROM.
struct FileMention {
  std::string function;             // "read_parquet"; "from" for FROM 'a.parquet'
  std::vector<std::string> places;  // the literals among its arguments
  bool computed = false;            // an argument that is none: which files cannot be told
  bool of_rows = false;             // it reads the rows of Parquet files
};

// By the text alone: what a macro or view of the user's reads is not seen.
std::vector<FileMention> FileMentions(const std::vector<SqlToken>& tokens);

}  // namespace pixlake::query
