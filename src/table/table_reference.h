// A table as it is named: where it is, of which format, as of when.
#pragma once

#include <string>

#include "table/table.h"

namespace pixlake::table {

// What `table_scan('place', version := 3)`, `t VERSION AS OF 3`, `delta.`place`` and the
// commands' TABLE --version 3 mean alike.
struct TableReference {
  std::string place;         // a path, a URI, or a name that the lake knows: raw.images
  VersionSpec version = {};  // neither is set: the latest
  std::string format = {};   // empty: whatever is there
};

}  // namespace pixlake::table
