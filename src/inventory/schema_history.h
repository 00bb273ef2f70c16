// How a table's columns came to be what they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::inventory {

struct SchemaVersion {
  int64_t number = 1;         // counts up from the oldest that the log still has
  int64_t table_version = 0;  // the first with these columns
  int64_t at_ms = 0;
  std::string operation;             // of that commit
  std::vector<std::string> columns;  // "name type", in their order
  // By which rule they follow from those before: full, backward, forward or none (table/compatibility.h);
  // initial for the oldest.
  std::string rule = "initial";
  std::vector<std::string> breaks;  // what keeps it from being full
};

// Oldest first. Changes of comments and order alone are none. Looks at commits that may change columns, and
// halves the way between others whose columns differ.
Result<std::vector<SchemaVersion>> SchemaHistory(const session::Session& session, const std::string& table);

}  // namespace pixlake::inventory
