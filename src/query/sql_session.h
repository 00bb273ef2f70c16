// SQL over tables, on DuckDB.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

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

// A table that statements may name: `FROM schema.name` is `FROM scan('schema.name')`.
// Lower case.
struct NamedTable {
  std::string schema;
  std::string name;
  std::string scan;  // a ScanFunction's name, which knows the text "schema.name"
};

// A file that a statement reads by its path.
struct FileRead {
  std::string function;  // "read_parquet"; "from" for FROM 'a.parquet'
  std::string place;     // as it stands there, with wildcards; empty: it is computed, any file
  bool of_rows = false;  // the rows of a Parquet file
};

struct SessionOptions {
  int64_t memory_limit_bytes = 0;  // 0: DuckDB's own default (80 % of the machine)
  int64_t scan_memory_bytes = 0;   // for the scans' batches, beside that; 0: as much as is of use
  int threads = 0;                 // 0: one a core
  std::string temp_folder;         // where queries larger than memory spill; empty: nowhere
  std::vector<ScanFunction> scan_functions;
  std::vector<ChangesFunction> changes_functions;
  std::vector<NamedTable> named_tables;
  // Asked before a statement runs for each file that its text names; an error ends it. May be
  // empty: all are read.
  std::function<Status(const FileRead&)> may_read;
};

// Files of tables that the scans of a query planned.
struct ScanTotals {
  int64_t files_total = 0;
  int64_t files_skipped = 0;  // by partition values and statistics
};

// The rows of a query, as they are computed. Of one thread; must be destroyed
// before its session, and ends when the session runs the next query.
class QueryResult : public arrow::RecordBatchReader {
 public:
  // False for statements that return nothing (CREATE, SET, …); there are no batches then.
  virtual bool has_rows() const = 0;
  // Grows while the query runs.
  virtual ScanTotals scan_totals() const = 0;
};

// One connection to an in-memory DuckDB. Of one thread. A stop (base/stop_token.h)
// ends a running query with kCancelled.
class SqlSession {
 public:
  // Extensions are never fetched or loaded. kUsage for options DuckDB refuses.
  static Result<std::unique_ptr<SqlSession>> Open(SessionOptions options);
  virtual ~SqlSession() = default;

  // Runs one or more statements; the result is the last one's. Errors keep DuckDB's
  // message: kUsage (syntax, names, types), kNotFound (no such table), kOverBudget,
  // kCancelled, …; what a ScanFunction or a data file failed with comes out as it is.
  virtual Result<std::unique_ptr<QueryResult>> Query(const std::string& sql) = 0;

  // Keeps the rows of one SELECT as the temporary table `name`, in place of an older one;
  // what does not fit into memory goes to the temp folder.
  virtual Status Keep(const std::string& name, const std::string& select) = 0;

  // What `select` asks of the rows of the scan of `uri`, as far as files can be skipped by
  // it: no row that matters is outside. Empty: nothing is known.
  virtual table::Predicate ConditionsOn(const std::string& uri, const arrow::Schema& schema,
                                        const std::string& select) = 0;
};

}  // namespace pixlake::query
