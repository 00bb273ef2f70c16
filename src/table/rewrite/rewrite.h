// Writing the rows of a table into other files without changing one of them: OPTIMIZE.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "table/table.h"

namespace pixlake::table {

struct RewriteOptions {
  int64_t memory_bytes = int64_t{256} << 20;  // for all that is held at once
  int threads = 1;
  std::string temp_folder;  // local; where sort keys spill
  // Called from any thread as rows are written.
  std::function<void(int64_t rows, int64_t bytes)> progress;
};

struct CompactRequest {
  // Bytes of a file to aim at; nullopt: the table's `delta.targetFileSize`, else 512 MiB.
  std::optional<int64_t> target_file_bytes;
  // Which of the files may be rewritten; none given: all. Asked once a snapshot.
  std::function<Result<std::vector<DataFile>>(const Snapshot&)> select;
  std::string predicate_text = "[]";  // for the history
};

struct FileTotals {
  int64_t files = 0;
  int64_t bytes = 0;
  std::vector<int64_t> sizes;

  void Add(int64_t size);
};

struct RewriteReport {
  int64_t version = 0;  // the commit, or the snapshot when there was nothing to do
  bool committed = false;
  int attempts = 0;
  FileTotals removed;
  FileTotals added;
  int64_t rows = 0;
  int64_t vectors_removed = 0;  // deletion vectors that are gone with their files
  int64_t groups_lost = 0;      // left as they are: another writer changed their files meanwhile

  // As Delta Spark's history has them.
  std::map<std::string, std::string> Metrics() const;
};

// Bin packing: small files become large ones, deleted rows go. Streams: within
// `memory_bytes` however large the table is; blobs of our own files are copied as bytes.
// One commit that changes no data. Files that another writer removed or changed meanwhile
// are left out and the rest is committed; with nothing left there is no commit.
// A second run finds nothing to do.
Result<RewriteReport> Compact(Table* table, const CompactRequest& request, const RewriteOptions& options);

struct ZOrderRequest {
  std::vector<std::string> columns;  // top-level, not partition columns, of a type with an order
  std::optional<int64_t> target_file_bytes;
  std::function<Result<std::vector<DataFile>>(const Snapshot&)> select;
  std::string predicate_text = "[]";
  // Liquid clustering: the files are said to be clustered by us.
  std::optional<std::string> clustering_provider;
};

// The rows of the chosen files, partition by partition, along a Z-order curve over the
// columns. Keys and other columns are sorted, in memory or in spilled buckets; blobs are
// fetched from where they are in the order in which they are written. Files in another
// layout than ours are written anew first. Commits like Compact.
Result<RewriteReport> ZOrder(Table* table, const ZOrderRequest& request, const RewriteOptions& options);

// `delta.targetFileSize` ("134217728", "128mb"), else 512 MiB.
int64_t TargetFileBytes(const TableDefinition& definition);

}  // namespace pixlake::table
