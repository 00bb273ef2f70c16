// The rows of a group of files, written into new ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/data_file_writer.h"
#include "table/rewrite/compaction_plan.h"
#include "table/rewrite/rewrite.h"

namespace pixlake::table {

// What all groups of one rewrite have in common. Thread-safe.
struct RewriteContext {
  io::Location location;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<arrow::Schema> file_schema;  // without the partition columns
  std::shared_ptr<arrow::Schema> physical;     // the same, as files have it
  std::vector<std::string> bloom_filter_columns;
  int64_t target_file_bytes = 0;
  int64_t batch_bytes = 0;      // of one reader
  int64_t row_group_bytes = 0;  // of one writer
  std::function<void(int64_t rows, int64_t bytes)> progress;

  static Result<RewriteContext> Make(const Table& table, std::shared_ptr<const Snapshot> snapshot,
                                     int64_t target_file_bytes, const RewriteOptions& options);

  // The same, for the files of a group: bloom filters as its first file has them.
  Result<RewriteContext> For(const FileGroup& group) const;
  Result<ScanPlan> Plan(const std::vector<DataFile>& files) const;
  Result<std::unique_ptr<DataFileWriter>> MakeWriter(const PartitionText& partition,
                                                     int64_t target_bytes) const;
};

struct RewrittenGroup {
  FileGroup group;
  std::vector<StagedFile> staged;
  int64_t rows = 0;
};

// In the files' order. What was staged is deleted when it fails.
Result<RewrittenGroup> CopyGroup(const RewriteContext& context, FileGroup group);

// Files that are in no commit and will be in none.
void DeleteStaged(const io::Location& location, const std::vector<StagedFile>& files);

}  // namespace pixlake::table
