#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "delta/features_internal.h"
#include "delta/file_stats_internal.h"
#include "delta/snapshot_internal.h"

namespace pixlake::delta {

Result<std::shared_ptr<const DeltaSnapshot>> DeltaSnapshot::Make(io::Location location, TableState state) {
  std::shared_ptr<DeltaSnapshot> snapshot(new DeltaSnapshot());
  snapshot->location_ = std::move(location);
  PL_ASSIGN_OR_RETURN(snapshot->mapping_, MappingFor(*state.schema, state.mapping_mode));
  snapshot->definition_.schema = state.schema;
  snapshot->definition_.partition_columns = state.metadata.partition_columns;
  snapshot->definition_.properties = state.metadata.configuration;
  snapshot->definition_.name = state.metadata.name;
  snapshot->definition_.description = state.metadata.description;
  snapshot->state_ = std::move(state);
  return snapshot;
}

Result<table::SnapshotTotals> DeltaSnapshot::Totals() const {
  table::SnapshotTotals totals;
  totals.num_files = static_cast<int64_t>(state_.files.size());
  int64_t rows = 0;
  bool known = true;
  for (const AddFile& file : state_.files) {
    const int64_t deleted = file.deletion_vector ? file.deletion_vector->cardinality : 0;
    const int64_t records = NumRecords(file.stats);
    known = known && records >= 0 && deleted >= 0 && deleted <= records;
    if (__builtin_add_overflow(totals.size_bytes, file.size, &totals.size_bytes) ||
        (known && __builtin_add_overflow(rows, records - deleted, &rows))) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the sizes or row counts in the log of {} overflow 64 bits", location_.path));
    }
  }
  if (known) {
    totals.num_rows = rows;
  }
  return totals;
}

Result<table::ScanPlan> DeltaSnapshot::PlanScan(const table::ScanRequest& request) const {
  table::ScanPlan plan;
  plan.table_schema = state_.schema;
  plan.mapping = mapping_;
  plan.predicate = request.predicate;
  plan.batch_rows = request.batch_rows;
  plan.batch_bytes = request.batch_bytes;
  PL_ASSIGN_OR_RETURN(plan.output_schema,
                      table::OutputSchema(state_.schema, request.columns, location_.path));
  plan.files_total = static_cast<int64_t>(state_.files.size());
  const ScanPlanner planner(*this, request.predicate);
  for (size_t i = 0; i < state_.files.size(); ++i) {
    const AddFile& file = state_.files[i];
    Result<std::optional<table::ScanTask>> task = planner.Plan(file);
    if (!task.ok()) {
      return WithContext(task.status(),
                         fmt::format("planning a scan of {}, file {}", location_.path, file.path));
    }
    if (*task) {
      (*task)->ordinal = static_cast<int64_t>(i);
      plan.tasks.push_back(**std::move(task));
    }
  }
  plan.files_skipped = plan.files_total - static_cast<int64_t>(plan.tasks.size());
  return plan;
}

std::optional<int64_t> DeltaSnapshot::TxnVersion(const std::string& app_id) const {
  const auto found = state_.txns.find(app_id);
  return found == state_.txns.end() ? std::nullopt : std::optional(found->second.version);
}

std::vector<std::pair<std::string, std::string>> DeltaSnapshot::Facts() const {
  return {
      {"format", "delta"},
      {"min_reader_version", std::to_string(state_.protocol.min_reader_version)},
      {"min_writer_version", std::to_string(state_.protocol.min_writer_version)},
      {"features", fmt::format("{}", fmt::join(FeatureNames(state_.protocol), ", "))},
      {"column_mapping", state_.mapping_mode},
      {"checkpoint_version", state_.checkpoint_version ? std::to_string(*state_.checkpoint_version) : "none"},
      {"commits_replayed", std::to_string(state_.commits_replayed)},
  };
}

}  // namespace pixlake::delta
