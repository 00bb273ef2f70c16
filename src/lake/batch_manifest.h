// A batch over several tables: decided at one moment, committed table by table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/lake.h"
#include "table/table.h"

namespace pixlake::lake {

// The staged files of one table.
struct ManifestTable {
  catalog::TableName name;
  std::vector<table::StagedFile> files;
};

// There is no transaction over tables. A batch's files are written and made durable
// first; then this manifest, which decides the batch, is put; then the tables commit in
// its order, each with the txn (kBatchTxn, number), so that a replay after a crash skips
// those that have it; then the manifest goes.
struct BatchManifest {
  int64_t number = 0;  // counts up, lake by lake
  std::vector<ManifestTable> tables;
  bool has_statistics = true;  // false: it was written by a version that left them out
};

inline constexpr char kBatchTxn[] = "pixlake/ingest";

// On an error the batch is not decided and its files are removed, or, where it cannot be
// told whether the manifest is there, left for the next run to commit.
Status PutManifest(const catalog::Lake& lake, const BatchManifest& manifest);

// Removes the files of a batch that was not decided.
void RemoveStaged(const catalog::Lake& lake, const BatchManifest& manifest);

struct TableCommit {
  catalog::TableName name;
  table::CommitOutcome outcome;
};

// Commits the batch's tables in order and removes the manifest. May be repeated at any
// point. kCorrupt when a file the manifest names is gone.
Result<std::vector<TableCommit>> CommitManifest(const catalog::Lake& lake, table::TableFormat* format,
                                                const BatchManifest& manifest);

// Finishes what an interrupted run had decided; gives how many batches there were.
Result<int64_t> ReplayManifests(const catalog::Lake& lake, table::TableFormat* format);

// How many batches of interrupted runs are durable and not committed yet; the next run
// commits them.
Result<int64_t> BatchesWaiting(const catalog::Lake& lake);

}  // namespace pixlake::lake
