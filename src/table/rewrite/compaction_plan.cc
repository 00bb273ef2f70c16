#include "table/rewrite/compaction_plan.h"

#include <algorithm>
#include <map>
#include <utility>

namespace pixlake::table {
namespace {

// Bytes that will be left when deleted rows are gone.
int64_t LiveBytes(const DataFile& file) {
  if (file.num_rows <= 0 || file.deleted_rows <= 0 || file.deleted_rows > file.num_rows) return file.size;
  const double live = static_cast<double>(file.num_rows - file.deleted_rows);
  return static_cast<int64_t>(static_cast<double>(file.size) * live / static_cast<double>(file.num_rows));
}

// First fit, largest first: wastes little and is the same every time.
std::vector<FileGroup> Pack(FileGroup partition, int64_t target_bytes) {
  std::vector<std::pair<int64_t, size_t>> by_size;  // bytes, position
  for (size_t i = 0; i < partition.files.size(); ++i) by_size.emplace_back(LiveBytes(partition.files[i]), i);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<size_t>> bins;
  std::multimap<int64_t, size_t> room;  // what fits, bin
  for (const auto& [bytes, position] : by_size) {
    const auto fit = room.lower_bound(bytes);
    if (fit == room.end()) {
      room.emplace(target_bytes - bytes, bins.size());
      bins.push_back({position});
      continue;
    }
    bins[fit->second].push_back(position);
    room.emplace(fit->first - bytes, fit->second);
    room.erase(fit);
  }
  std::vector<FileGroup> out;
  for (std::vector<size_t>& bin : bins) {
    if (bin.size() == 1 && partition.files[bin[0]].deleted_rows == 0) continue;
    std::sort(bin.begin(), bin.end());
    FileGroup group;
    group.partition_values = partition.partition_values;
    for (const size_t position : bin) {
      group.bytes += partition.files[position].size;
      group.files.push_back(std::move(partition.files[position]));
    }
    out.push_back(std::move(group));
  }
  return out;
}

}  // namespace

std::vector<FileGroup> GroupByPartition(const std::vector<DataFile>& files) {
  std::map<PartitionText, FileGroup> partitions;
  for (const DataFile& file : files) {
    FileGroup& group = partitions[file.partition_values];
    group.partition_values = file.partition_values;
    group.files.push_back(file);
    group.bytes += file.size;
  }
  std::vector<FileGroup> out;
  for (auto& [values, group] : partitions) out.push_back(std::move(group));
  return out;
}

std::vector<FileGroup> PlanCompaction(const std::vector<DataFile>& files, int64_t target_bytes) {
  std::vector<DataFile> candidates;
  std::copy_if(files.begin(), files.end(), std::back_inserter(candidates),
               [&](const DataFile& file) { return file.deleted_rows > 0 || file.size < target_bytes; });
  std::vector<FileGroup> out;
  for (FileGroup& partition : GroupByPartition(candidates)) {
    for (FileGroup& group : Pack(std::move(partition), target_bytes)) out.push_back(std::move(group));
  }
  return out;
}

}  // namespace pixlake::table
