// What Spark's SQL writes otherwise than DuckDB's, said as that has it.
#pragma once

#include <vector>

#include "query/text/edited_text.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {

// The edits, in order and apart from one another, that make of a statement's
//   `name`                                 "name"
//   X'00ff'                                '\x00\xff'::BLOB; an odd digit has a nought in front
//   END where it is a name                 "END"
//   array(1, 2)                            list_value(1, 2)
//   named_struct('a', 1)                   struct_pack("a" := 1)
//   SELECT * EXCEPT (a)                    SELECT * EXCLUDE (a)
//   a RLIKE 'b+', a NOT RLIKE 'b+'         a ~ '…', a !~ '…', which match a part of the text too
//   date_format(t, 'yyyy-MM-dd')           strftime(CAST(t AS TIMESTAMP), '%Y-%m-%d')
//   a MINUS b                              a EXCEPT b
// Texts, comments and whatever is not surely one of these stays as it was. `null_safe`: also a <=> b
// as a IS NOT DISTINCT FROM b, which DuckDB has for a distance between lists.
std::vector<TextEdit> SparkWords(const SqlStatement& statement, bool null_safe);

// Whether `<=>` stands in it.
bool HasNullSafeEqual(const std::vector<SqlToken>& tokens);

}  // namespace pixlake::query
