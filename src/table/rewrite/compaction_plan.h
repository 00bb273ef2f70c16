// Which data files are worth writing anew, and which of them together.
#pragma once

#include <cstdint>
#include <vector>

#include "table/data_file.h"

namespace pixlake::table {

struct FileGroup {
  PartitionText partition_values;
  std::vector<DataFile> files;  // all of that partition
  int64_t bytes = 0;
};

// Bin packing: files smaller than `target_bytes` and files with deleted rows, partition by
// partition, into groups of at most `target_bytes` (a larger file is alone). A group of one
// file is left out unless that has deleted rows, so what was packed is not packed again.
// Files keep the order they came in, as far as the packing lets them.
std::vector<FileGroup> PlanCompaction(const std::vector<DataFile>& files, int64_t target_bytes);

// All the files, one group a partition.
std::vector<FileGroup> GroupByPartition(const std::vector<DataFile>& files);

}  // namespace pixlake::table
