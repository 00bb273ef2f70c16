// SQL over tables, on DuckDB.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/result/query_result.h"
#include "query/scan/scan_function.h"
#include "table/predicate/predicate.h"

namespace pixlake::query {

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

// One connection to an in-memory DuckDB. Of one thread. A stop (base/stop/stop_token.h)
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

  // Statements from now on are made of parts of `typed`: errors quote that. Empty: they are typed
  // as they are.
  virtual void SetTyped(std::string typed) = 0;

  // Keeps the rows of one SELECT as the temporary table `name`, in place of an older one;
  // what does not fit into memory goes to the temp folder.
  virtual Status Keep(const std::string& name, const std::string& select) = 0;

  // A table that is there from now on (it was made), or is no more.
  virtual Status Name(const NamedTable& table) = 0;
  virtual Status Forget(const NamedTable& table) = 0;

  // What `select` asks of the rows of the scan of `uri`, as far as files can be skipped by
  // it: no row that matters is outside. Empty: nothing is known.
  virtual table::Predicate ConditionsOn(const std::string& uri, const arrow::Schema& schema,
                                        const std::string& select) = 0;

  // Every table, file and function that `select` reads by name: "raw.images", "images", "a.parquet",
  // "read_parquet()". nullopt: it is no SELECT, or that cannot be told.
  virtual std::optional<std::vector<std::string>> SourcesOf(const std::string& select) = 0;
};

}  // namespace pixlake::query
