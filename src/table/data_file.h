// Data files: those a snapshot has, and those that are staged to enter a table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "file/data_statistics.h"

namespace pixlake::table {

// By partition column, as the table names it; nullopt is null. Text as the Delta protocol
// serialises it ("2026-11-21").
using PartitionText = std::map<std::string, std::optional<std::string>>;

// A live data file of a snapshot.
struct DataFile {
  int64_t ordinal = -1;  // which of the snapshot's files it is; means nothing to another snapshot
  std::string path;      // absolute, as the store takes it
  int64_t size = 0;      // bytes
  int64_t modified_ms = 0;
  int64_t num_rows = -1;     // physical rows, deleted ones too; -1 unknown
  int64_t deleted_rows = 0;  // of those
  PartitionText partition_values;
  std::map<std::string, std::string> tags;
  std::optional<std::string> clustering_provider;
  bool has_statistics = false;
};

// A data file that is written and durable, not yet part of the table.
struct StagedFile {
  std::string name;  // relative to the table's folder
  int64_t size = 0;
  int64_t modified_ms = 0;
  file::DataStatistics statistics;  // by physical column names
  PartitionText partition_values;
  std::map<std::string, std::string> tags;
  std::optional<std::string> clustering_provider;
};

}  // namespace pixlake::table
