// Words to tables and columns, by an index beside the lake that can be rebuilt at any time.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

#include "inventory/inventory.h"

namespace pixlake::inventory {

struct SearchHit {
  std::string table;
  std::string column;  // empty: the table itself
  std::string text;    // its description
};

// Tables and columns in whose names, descriptions, tags and owners each of the words begins a word; the best
// first. The index is a SQLite file, `<lake>/_pixlake/catalog.sqlite` of a lake on a local disk, else in
// memory: one that is missing, damaged or of other versions of the tables is made anew. kUsage for no words.
Result<std::vector<SearchHit>> Search(const session::Session& session, const std::string& words,
                                      int64_t limit);

}  // namespace pixlake::inventory
