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
  int64_t epoch = 0;   // of the lease it was decided under (lease/README.md); 0: under a lock on a local disk
  std::vector<ManifestTable> tables;
  bool has_statistics = true;  // false: it was written by a version that left them out
};

inline constexpr char kBatchTxn[] = "pixlake/ingest";
// The epoch of the last batch that a table has.
inline constexpr char kBatchEpochTxn[] = "pixlake/ingest/epoch";

using LeaseOfWork = std::optional<table::LeaseEpoch>;

// On an error the batch is not decided and its files are removed, or, where it cannot be
// told whether the manifest is there, left for the next run to commit. Of a batch under a lease they stay:
// whoever took it over may have committed them.
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
                                                const BatchManifest& manifest, const LeaseOfWork& lease);

// Finishes what an interrupted run had decided; gives how many batches there were. `last_epoch`: the highest
// kBatchEpochTxn of the lake's tables, as they are once they are fenced. A manifest of an epoch before the
// last that decided anything came too late: it is dropped, its files are left to VACUUM.
Result<int64_t> ReplayManifests(const catalog::Lake& lake, table::TableFormat* format,
                                const LeaseOfWork& lease, int64_t last_epoch);

// How many batches of interrupted runs are durable and not committed yet; the next run
// commits them.
Result<int64_t> BatchesWaiting(const catalog::Lake& lake);

}  // namespace pixlake::lake
