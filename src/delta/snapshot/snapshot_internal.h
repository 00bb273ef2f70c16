// A Delta table at one version.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <simdjson.h>

#include "delta/snapshot/table_state_internal.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::delta {

class DeltaSnapshot : public table::Snapshot {
 public:
  // kCorrupt when the schema's column mapping is incomplete.
  static Result<std::shared_ptr<const DeltaSnapshot>> Make(io::Location location, TableState state);

  int64_t version() const override { return state_.version; }
  int64_t timestamp_ms() const override { return state_.timestamp_ms; }
  const table::TableDefinition& definition() const override { return definition_; }
  const std::string& table_id() const override { return state_.metadata.id; }
  Result<table::SnapshotTotals> Totals() const override;
  Result<table::ScanPlan> PlanScan(const table::ScanRequest& request) const override;
  Result<std::vector<table::DataFile>> Files(const table::Predicate& predicate) const override;
  Result<table::ScanPlan> PlanFiles(const table::ScanRequest& request,
                                    const std::vector<table::DataFile>& files) const override;
  std::optional<int64_t> TxnVersion(const std::string& app_id) const override;
  std::vector<std::pair<std::string, std::string>> Facts() const override;
  Result<table::WriteRules> Rules() const override;
  Result<std::shared_ptr<arrow::Schema>> FileSchema() const override;

  const TableState& state() const { return state_; }
  const std::vector<table::FieldMapping>& mapping() const { return mapping_; }
  const io::Location& location() const { return location_; }
  // What Files() gave back; kUsage when it is of another snapshot.
  Result<const AddFile*> FileOf(const table::DataFile& file) const;

 private:
  DeltaSnapshot() = default;

  Result<table::ScanPlan> EmptyPlan(const table::ScanRequest& request) const;
  // The files from `begin` up to `end` that may match.
  Status PlanStretch(const table::BoundPredicate& predicate, size_t begin, size_t end,
                     std::vector<table::ScanTask>* tasks) const;
  Result<table::DataFile> Describe(const AddFile& file, int64_t ordinal) const;

  io::Location location_;
  TableState state_;
  table::TableDefinition definition_;
  std::vector<table::FieldMapping> mapping_;  // one per column
};

// Which data files a scan must read, with their deletion vectors loaded: by partition values
// and the log's statistics. Not thread-safe: one for each thread.
class ScanPlanner {
 public:
  // The predicate is bound to the snapshot's schema, or that with further columns behind.
  ScanPlanner(const DeltaSnapshot& snapshot, table::BoundPredicate predicate);

  // Further columns with one value for the whole file.
  using Constants = std::vector<std::pair<std::string, std::shared_ptr<arrow::Scalar>>>;

  // nullopt: no row of the file can match.
  Result<std::optional<table::ScanTask>> Plan(const AddFile& file, Constants constants = {}) const;
  // The same question without loading a deletion vector.
  Result<bool> MayMatch(const AddFile& file) const;
  // Whether it matches or not.
  Result<table::ScanTask> TaskFor(const AddFile& file) const;

 private:
  // What answers a test of the predicate: a value that holds for the whole file (of its
  // partition, or a further column), the statistics of a leaf, or nothing.
  struct TestColumn {
    bool constant = false;
    std::vector<std::string> leaf;  // by physical names; empty: none
  };

  TestColumn ColumnOf(const table::BoundTest& test) const;
  // A task with nothing but the partition values.
  Result<table::ScanTask> Partition(const AddFile& file, Constants constants = {}) const;
  // Fills in where the file is, its size, rows and deleted rows.
  Status Locate(const AddFile& file, table::ScanTask* task) const;
  bool MayMatchConstant(size_t test, const table::ScanTask& task) const;
  // `task` has the values that hold for the whole file.
  bool MayMatch(const AddFile& file, const table::ScanTask& task) const;

  const DeltaSnapshot& snapshot_;
  const table::BoundPredicate predicate_;
  std::vector<TestColumn> columns_;  // one for each test
  bool by_constants_ = false;        // some test is answered so
  bool by_stats_ = false;
  mutable simdjson::dom::parser parser_;  // its memory serves one file after the other
};

}  // namespace pixlake::delta
