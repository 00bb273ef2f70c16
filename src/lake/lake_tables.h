// The raw tables of a lake, open for ingest.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "catalog/lake.h"
#include "table/table.h"

namespace pixlake::lake {

struct OpenedLakeTable {
  catalog::TableName name;
  io::Location place;
  std::unique_ptr<table::Table> table;
  std::shared_ptr<const table::Snapshot> snapshot;
  std::shared_ptr<arrow::Schema> file_schema;  // without date_partition
};

struct LakeTables {
  OpenedLakeTable images;
  OpenedLakeTable metadata;
  OpenedLakeTable binary;
  OpenedLakeTable sources;
  OpenedLakeTable quarantine;

  std::array<OpenedLakeTable*, 5> All() { return {&images, &metadata, &binary, &sources, &quarantine}; }

  // Every table's latest state.
  Status Refresh();
  // One more than the last batch any of them has.
  Result<int64_t> NextBatch();
  // The newest epoch that decided a batch which any of them has; 0: none was under a lease.
  int64_t LastBatchEpoch();
  // Of who took over: nobody of an earlier epoch commits to any of them any more; then their latest state.
  Status Fence(const table::LeaseEpoch& lease);
};

// One table of the lake's own, made when it is missing; one of an earlier version is given the
// columns it lacks.
Result<OpenedLakeTable> OpenLakeTable(const catalog::Lake& lake, table::TableFormat* format,
                                      const catalog::TableName& name,
                                      const std::optional<table::LeaseEpoch>& lease = {});

// Makes what is missing. kSchemaMismatch when a table lacks a column that ingest fills.
// `lease`: that it is done under (Transaction::CommitUnder).
Result<LakeTables> OpenLakeTables(const catalog::Lake& lake, table::TableFormat* format,
                                  const std::optional<table::LeaseEpoch>& lease = {});

}  // namespace pixlake::lake
