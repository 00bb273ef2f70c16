// How SQL comes to the rows of tables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/store.h"
#include "table/table_reference.h"

namespace pixlake::query {

struct OpenedTable {
  std::shared_ptr<const table::RowSource> rows;
  std::shared_ptr<io::Store> store;
};

// A function of SQL that reads tables, of any format or of one: `NAME('uri')`,
// `NAME('uri', 3)`, `NAME('uri', version := 3)`, `NAME('uri', as_of := '2024-05-01 12:00:00')`
// (UTC). The callbacks are asked from any thread, one query at a time.
struct ScanFunction {
  std::string name;  // "table_scan"
  std::function<Result<OpenedTable>(const table::TableReference& reference)> open;
  // True when `FROM 'name'` means a table of this format. May be empty.
  std::function<bool(const std::string& name)> recognises = nullptr;
  std::string format = {};  // the only one; then FORMAT.`uri` is NAME('uri')
};

// A function of SQL that reads what was changed: `NAME('uri', from[, to])`, both versions
// (numbers) or times (texts, UTC), both included. The rows have the columns of table.h.
struct ChangesFunction {
  std::string name;  // "table_changes"
  std::function<Result<OpenedTable>(const std::string& uri, const table::ChangeRange& range)> open;
};

// Files of tables that the scans of a query planned.
struct ScanTotals {
  int64_t files_total = 0;
  int64_t files_skipped = 0;  // by partition values and statistics
};

}  // namespace pixlake::query
