#include <algorithm>
#include <iterator>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/memory/byte_size.h"
#include "base/work/for_each.h"
#include "delta/feature/features_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/field_mapping_internal.h"
#include "delta/snapshot/clustering_internal.h"
#include "delta/snapshot/snapshot_internal.h"
#include "delta/stats/file_stats_internal.h"

namespace pixlake::delta {

namespace {

// What a thread plans at a time.
constexpr size_t kStretchFiles = 4096;

// "64mb"; what cannot be understood is as if it were not there.
std::optional<int64_t> TargetFileBytes(const std::map<std::string, std::string>& properties) {
  const auto found = properties.find("delta.targetFileSize");
  if (found == properties.end()) return std::nullopt;
  const Result<int64_t> bytes = ParseByteSize(found->second);
  return bytes.ok() && *bytes > 0 ? std::optional<int64_t>(*bytes) : std::nullopt;
}

}  // namespace

Result<std::shared_ptr<const DeltaSnapshot>> DeltaSnapshot::Make(io::Location location, TableState state) {
  std::shared_ptr<DeltaSnapshot> snapshot(new DeltaSnapshot());
  snapshot->location_ = std::move(location);
  PL_ASSIGN_OR_RETURN(snapshot->mapping_, MappingFor(*state.schema, state.mapping_mode));
  snapshot->definition_.schema = state.schema;
  snapshot->definition_.partition_columns = state.metadata.partition_columns;
  PL_ASSIGN_OR_RETURN(snapshot->definition_.clustering_columns, ClusteringColumns(state));
  snapshot->definition_.properties = state.metadata.configuration;
  snapshot->definition_.target_file_bytes = TargetFileBytes(state.metadata.configuration);
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

Result<table::ScanPlan> DeltaSnapshot::EmptyPlan(const table::ScanRequest& request) const {
  table::ScanPlan plan;
  plan.table_schema = state_.schema;
  plan.mapping = mapping_;
  plan.predicate = table::BoundPredicate::Bind(request.predicate, *state_.schema);
  plan.batch_rows = request.batch_rows;
  plan.batch_bytes = request.batch_bytes;
  PL_ASSIGN_OR_RETURN(plan.output_schema,
                      table::OutputSchema(state_.schema, request.columns, location_.path));
  plan.files_total = static_cast<int64_t>(state_.files.size());
  return plan;
}

Status DeltaSnapshot::PlanStretch(const table::BoundPredicate& predicate, size_t begin, size_t end,
                                  std::vector<table::ScanTask>* tasks) const {
  const ScanPlanner planner(*this, predicate);
  for (size_t i = begin; i < end; ++i) {
    const AddFile& file = state_.files[i];
    Result<std::optional<table::ScanTask>> task = planner.Plan(file);
    if (!task.ok()) {
      return WithContext(task.status(),
                         fmt::format("planning a scan of {}, file {}", location_.path, file.path));
    }
    if (*task) {
      (*task)->ordinal = static_cast<int64_t>(i);
      tasks->push_back(**std::move(task));
    }
  }
  return Status::OK();
}

Result<table::ScanPlan> DeltaSnapshot::PlanScan(const table::ScanRequest& request) const {
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, EmptyPlan(request));
  const size_t count = state_.files.size();
  const size_t stretches = (count + kStretchFiles - 1) / kStretchFiles;
  std::vector<std::vector<table::ScanTask>> found(stretches);
  PL_RETURN_NOT_OK(ForEach(WorkKind::kCpu, stretches, ThreadsFor(stretches, 1), [&](size_t i) {
    return PlanStretch(plan.predicate, i * kStretchFiles, std::min(count, (i + 1) * kStretchFiles),
                       &found[i]);
  }));
  for (std::vector<table::ScanTask>& tasks : found) {
    std::move(tasks.begin(), tasks.end(), std::back_inserter(plan.tasks));
  }
  plan.files_skipped = plan.files_total - static_cast<int64_t>(plan.tasks.size());
  return plan;
}

Result<table::ScanPlan> DeltaSnapshot::PlanFiles(const table::ScanRequest& request,
                                                 const std::vector<table::DataFile>& files) const {
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, EmptyPlan(request));
  const ScanPlanner planner(*this, plan.predicate);
  for (const table::DataFile& file : files) {
    PL_ASSIGN_OR_RETURN(const AddFile* add, FileOf(file));
    Result<table::ScanTask> task = planner.TaskFor(*add);
    if (!task.ok()) {
      return WithContext(task.status(),
                         fmt::format("planning a scan of {}, file {}", location_.path, add->path));
    }
    plan.tasks.push_back(*std::move(task));
  }
  plan.files_skipped = plan.files_total - static_cast<int64_t>(plan.tasks.size());
  return plan;
}

Result<table::DataFile> DeltaSnapshot::Describe(const AddFile& file, int64_t ordinal) const {
  table::DataFile out;
  out.ordinal = ordinal;
  PL_ASSIGN_OR_RETURN(out.path, ResolvePath(location_, file.path));
  out.size = file.size;
  out.modified_ms = file.modification_time;
  out.num_rows = NumRecords(file.stats);
  out.deleted_rows = file.deletion_vector ? file.deletion_vector->cardinality : 0;
  out.tags = file.tags;
  out.clustering_provider = file.clustering_provider;
  out.has_statistics = !file.stats.empty();
  for (const std::string& name : state_.metadata.partition_columns) {
    const std::string& physical = mapping_[state_.schema->GetFieldIndex(name)].physical_name;
    auto value = file.partition_values.find(physical);
    value = value == file.partition_values.end() ? file.partition_values.find(name) : value;
    out.partition_values[name] = value == file.partition_values.end() ? std::nullopt : value->second;
  }
  return out;
}

Result<std::vector<table::DataFile>> DeltaSnapshot::Files(const table::Predicate& predicate) const {
  std::vector<table::DataFile> out;
  const ScanPlanner planner(*this, table::BoundPredicate::Bind(predicate, *state_.schema));
  for (size_t i = 0; i < state_.files.size(); ++i) {
    PL_ASSIGN_OR_RETURN(const bool wanted, planner.MayMatch(state_.files[i]));
    if (wanted) {
      PL_ASSIGN_OR_RETURN(table::DataFile file, Describe(state_.files[i], static_cast<int64_t>(i)));
      out.push_back(std::move(file));
    }
  }
  return out;
}

Result<const AddFile*> DeltaSnapshot::FileOf(const table::DataFile& file) const {
  const bool inside = file.ordinal >= 0 && file.ordinal < static_cast<int64_t>(state_.files.size());
  if (inside) {
    const AddFile* add = &state_.files[static_cast<size_t>(file.ordinal)];
    PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(location_, add->path));
    if (path == file.path) {
      return add;
    }
  }
  return Error(ErrorCode::kUsage,
               fmt::format("{} is no file of version {} of {}", file.path, version(), location_.path));
}

Result<std::shared_ptr<arrow::Schema>> DeltaSnapshot::FileSchema() const {
  return FileSchemaOf(state_.schema, state_.mapping_mode);
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
      {"clustered_by", definition_.clustering_columns.empty()
                           ? "none"
                           : fmt::format("{}", fmt::join(definition_.clustering_columns, ", "))},
      {"checkpoint_version", state_.checkpoint_version ? std::to_string(*state_.checkpoint_version) : "none"},
      {"commits_replayed", std::to_string(state_.commits_replayed)},
  };
}

}  // namespace pixlake::delta
