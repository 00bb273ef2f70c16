// The change data feed of a Delta table (PROTOCOL.md, "Add CDC File").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot/snapshot_internal.h"
#include "table/table.h"

namespace pixlake::delta {

// One file whose rows are changes.
struct FileChange {
  AddFile file;      // without its deletion vector where `gained` is set
  std::string type;  // "insert" or "delete"; empty: the file's own column says
  // The rows are those in `gained` that are not in `had`: a vector changed, the file stayed.
  std::optional<DeletionVectorDescriptor> gained;
  std::optional<DeletionVectorDescriptor> had;
  int64_t version = 0;
  int64_t timestamp_ms = 0;
};

// What one commit changed. By its change files alone when it has any, else by its added
// and removed files as far as they change data. kCorrupt when a removed file of a
// partitioned table does not say where it belonged.
Result<std::vector<FileChange>> ChangesOfCommit(std::vector<Action> actions, bool partitioned);

// Of the versions `from` to `end`'s, with the columns `end` has.
class DeltaChanges : public table::RowSource {
 public:
  DeltaChanges(std::shared_ptr<const DeltaSnapshot> end, std::vector<FileChange> changes);

  // Reads the commits. kUsage when the feed was off at one of them.
  static Result<std::shared_ptr<const DeltaChanges>> Load(std::shared_ptr<const DeltaSnapshot> end,
                                                          int64_t from);

  const std::shared_ptr<arrow::Schema>& row_schema() const override { return schema_; }
  Result<table::ScanPlan> PlanScan(const table::ScanRequest& request) const override;
  std::optional<int64_t> EstimatedRows() const override { return std::nullopt; }

 private:
  Result<std::optional<table::ScanTask>> PlanChange(const ScanPlanner& planner,
                                                    const FileChange& change) const;

  std::shared_ptr<const DeltaSnapshot> end_;
  std::vector<FileChange> changes_;
  std::shared_ptr<arrow::Schema> schema_;
};

// Both ends of a range as versions. kNotFound for versions that are not there, kUsage for
// a range with no commit.
struct VersionRange {
  int64_t from = 0;
  int64_t to = 0;
};
Result<VersionRange> ResolveRange(const io::Location& table, const table::ChangeRange& range);

}  // namespace pixlake::delta
