// A table as statements name it, of which version it may be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/text/sql_tokens.h"
#include "table/table_reference.h"

namespace pixlake::query {

// name, zone.name, 'place', format.`place`; then, where a version is said,
//   VERSION AS OF 3, FOR VERSION AS OF 3, @v3, AT (VERSION => 3)
//   TIMESTAMP AS OF expression, FOR TIMESTAMP AS OF expression, AT (TIMESTAMP => expression)
struct TableMention {
  table::TableReference reference;  // with the version, where it is a number
  std::string name;                 // the last part: what expressions call it; "": it is a place
  std::string time;                 // an expression, as it was typed; empty: none
  size_t name_end = 0;              // the token behind the name
  size_t end = 0;                   // the token behind all of it

  bool travels() const { return reference.version.version.has_value() || !time.empty(); }
};

// What is mentioned from token `first` on; nullopt: no table. `formats`: the words that begin a
// place. `anywhere`: only versions that nothing else can be are read, for `first` may stand in an
// expression.
std::optional<TableMention> ReadTableMention(const SqlStatement& statement, size_t first,
                                             const std::vector<std::string>& formats, bool anywhere = false);

// A place that would look like a name, as one that does not: "./shots" for "shots".
std::string PlaceText(std::string place);

}  // namespace pixlake::query
