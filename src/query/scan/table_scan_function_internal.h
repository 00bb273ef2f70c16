// Tables as table functions of DuckDB.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <duckdb.h>

#include "base/result.h"
#include "base/stop/stop_token.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_predicates_internal.h"
#include "query/scan/carried_blobs_internal.h"
#include "query/scan/scan_function.h"

namespace pixlake::query {

// What a session and the callbacks that DuckDB runs for it share. Thread-safe.
class ScanContext {
 public:
  ScanContext(duckdb_connection converter, int threads, int64_t batch_bytes)
      : converter_(converter), threads_(threads), batch_bytes_(batch_bytes) {}

  // Forgets the query before. Scans that are called with a number, from 1, have conditions.
  void BeginQuery(std::vector<table::Predicate> conditions);
  // From now on, and until the next BeginQuery, blobs are carried; null: they are not.
  void Carry(std::shared_ptr<CarriedBlobs> blobs);
  std::shared_ptr<CarriedBlobs> carried() const;
  // What the query asks of the rows of a scan, with the names of `schema`.
  table::Predicate ConditionOf(int64_t number, const arrow::Schema& schema) const;
  // Keeps the first failure of a callback, since DuckDB takes its text alone.
  void Fail(const Status& status);
  Status failure() const;
  void AddFiles(int64_t total, int64_t skipped);
  ScanTotals totals() const;
  // Of the thread that began the query.
  StopToken stop_token() const;

  // Turns Arrow data into DuckDB's; never runs a query while one is on.
  duckdb_connection converter() const { return converter_; }
  int threads() const { return threads_; }
  int64_t batch_bytes() const { return batch_bytes_; }

 private:
  const duckdb_connection converter_;
  const int threads_;
  const int64_t batch_bytes_;
  mutable std::mutex mutex_;
  std::vector<table::Predicate> conditions_;
  Status failure_;
  ScanTotals totals_;
  StopToken stop_;
  std::shared_ptr<CarriedBlobs> carried_;
};

// Makes `function` known: a table function under a name of ours, whose first column
// is a cheap one that nobody sees (DuckDB reads the first column of a table to count
// its rows, and that may be an image), and a macro of the function's own name over it.
// The function under InnerScanName() gives table::kFileColumn and kPositionColumn too. With
// kNumberedPrefix in front both take the number of a scan as their first argument.
Status RegisterScanFunction(duckdb_connection connection, const ScanFunction& function,
                            const std::shared_ptr<ScanContext>& context);

// The same for what was changed.
Status RegisterChangesFunction(duckdb_connection connection, const ChangesFunction& function,
                               const std::shared_ptr<ScanContext>& context);

std::string InnerScanName(const std::string& function);

// `FROM 'name'` for names that one of `functions` recognises.
void RegisterReplacementScan(duckdb_database database, const std::vector<ScanFunction>& functions);

}  // namespace pixlake::query
