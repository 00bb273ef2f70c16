// A Delta table at a place.
#pragma once

#include <memory>
#include <mutex>

#include "delta/snapshot/snapshot_cache_internal.h"
#include "delta/snapshot/snapshot_internal.h"
#include "table/table.h"

namespace pixlake::delta {

class DeltaTable : public table::Table,
                   private table::ChangeFeed,
                   private table::LogCare,
                   private table::FileCare {
 public:
  // Handles that share a cache share what they read.
  DeltaTable(io::Location location, std::shared_ptr<SnapshotCache> cache)
      : location_(std::move(location)), cache_(std::move(cache)) {}

  std::string_view format() const override { return "delta"; }
  const io::Location& location() const override { return location_; }
  Result<std::shared_ptr<const table::Snapshot>> Load(const table::VersionSpec& spec) override;
  Result<std::unique_ptr<table::Transaction>> Begin(std::shared_ptr<const table::Snapshot> read) override;
  Result<std::unique_ptr<table::Transaction>> BeginAppend(
      std::shared_ptr<const table::Snapshot> read) override;
  Result<std::vector<table::HistoryEntry>> History(int64_t limit) override;
  Result<table::CheckReport> Check() override;

 private:
  table::ChangeFeed* FindChangeFeed() override { return this; }
  table::LogCare* FindLogCare() override { return this; }
  table::FileCare* FindFileCare() override { return this; }

  Result<std::shared_ptr<const table::RowSource>> Changes(const table::ChangeRange& range) override;
  Result<table::VacuumReport> Vacuum(const table::VacuumRequest& request) override;
  Result<table::RestoreReport> Restore(const table::VersionSpec& spec) override;
  Result<int64_t> Checkpoint() override;
  Result<table::LogCompactionReport> CompactLog(std::optional<int64_t> first,
                                                std::optional<int64_t> last) override;
  Result<table::AnalyzeReport> Analyze(const std::vector<std::string>& columns) override;
  Result<table::RepairReport> Repair() override;

  Result<std::shared_ptr<const DeltaSnapshot>> LoadVersion(std::optional<int64_t> version);
  // From the newest that is known by reading what is new; null when that cannot be.
  Result<std::shared_ptr<const DeltaSnapshot>> Advance(std::optional<int64_t> version);

  io::Location location_;
  std::shared_ptr<SnapshotCache> cache_;
  std::mutex mutex_;
  std::shared_ptr<const DeltaSnapshot> latest_;  // the newest that was loaded
};

// The newest version not after `as_of_ms` (PROTOCOL.md, "Recommendations for Readers of
// Tables with In-Commit Timestamps"). kNotFound when the table starts later.
Result<int64_t> VersionAsOf(const io::Location& table, int64_t as_of_ms);

}  // namespace pixlake::delta
