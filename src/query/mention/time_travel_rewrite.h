// Table references that DuckDB does not know, said as calls of a scan function.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "query/text/edited_text.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {

// What names mean to a session.
struct TableNaming {
  std::function<bool(const std::string&)> is_table = nullptr;  // true for the place of one
  std::map<std::string, std::string> scans = {};               // by format: {"delta", "delta_scan"}
  bool null_safe = false;                                      // `<=>` is Spark's
};

// The statement with
//   delta.`uri` where a table is named         as  delta_scan('uri')
//   'a/t.json' where a table is named          as  table_scan('a/t.json') if `is_table` says that
//                                                  it is one, since DuckDB reads a file by its name
//   t VERSION AS OF 3, t FOR VERSION AS OF 3   as  table_scan('t', version := 3)
//   t TIMESTAMP AS OF '2026-11-21'             as  table_scan('t', as_of := '2026-11-21')
// (text/table_mention.h has all the ways to say it), Spark's words as DuckDB's (text/spark_words.h)
// and everything else as it was. t: zone.name, delta.`uri`, 'uri'.
std::string RewriteTimeTravel(const SqlStatement& statement, const TableNaming& naming = {});

// All statements of a text so; the text itself when it is no SQL
// that can be read. Of one statement it is known where its parts stood before.
EditedText RewriteTables(const std::string& sql, const TableNaming& naming);

}  // namespace pixlake::query
