#include <algorithm>
#include <map>

#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/table/changes_internal.h"
#include "delta/table/delta_table_internal.h"
#include "delta/vector/deletion_vector_internal.h"

namespace pixlake::delta {

namespace {

using table::kChangeTypeColumn;
using table::kCommitTimestampColumn;
using table::kCommitVersionColumn;

bool FeedIsOn(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.enableChangeDataFeed");
  return found != metadata.configuration.end() && found->second == "true";
}

Status CheckFeed(const Metadata& metadata, int64_t version, const io::Location& table) {
  if (FeedIsOn(metadata)) {
    return Status::OK();
  }
  return Error(ErrorCode::kUsage,
               fmt::format("{} has no change data feed at version {}; it is on from the commit that sets "
                           "delta.enableChangeDataFeed = true: start there",
                           table.path, version));
}

AddFile ToFile(CdcFile change) {
  AddFile out;
  out.path = std::move(change.path);
  out.partition_values = std::move(change.partition_values);
  out.size = change.size;
  return out;
}

AddFile ToFile(RemoveFile remove) {
  AddFile out;
  out.path = std::move(remove.path);
  out.partition_values = std::move(remove.partition_values);
  out.size = remove.size.value_or(0);
  out.deletion_vector = std::move(remove.deletion_vector);
  return out;
}

FileChange Change(AddFile file, std::string type) {
  FileChange out;
  out.file = std::move(file);
  out.type = std::move(type);
  return out;
}

std::string VectorId(const std::optional<DeletionVectorDescriptor>& vector) {
  return vector ? vector->UniqueId() : "";
}

// A file that the commit removes and adds again has another vector.
void AddVectorChanges(const AddFile& added, const RemoveFile& removed, std::vector<FileChange>* out) {
  if (VectorId(added.deletion_vector) == VectorId(removed.deletion_vector)) {
    return;
  }
  FileChange change;
  change.file = added;
  change.file.deletion_vector.reset();
  if (added.deletion_vector) {
    change.type = "delete";
    change.gained = added.deletion_vector;
    change.had = removed.deletion_vector;
    out->push_back(change);
  }
  if (removed.deletion_vector) {
    change.type = "insert";
    change.gained = removed.deletion_vector;
    change.had = added.deletion_vector;
    out->push_back(std::move(change));
  }
}

Result<std::vector<FileChange>> Derive(std::vector<AddFile> added, std::map<std::string, RemoveFile> removed,
                                       bool partitioned) {
  std::vector<FileChange> out;
  for (AddFile& file : added) {
    const auto before = removed.find(CanonicalPath(file.path));
    if (before == removed.end()) {
      out.push_back(Change(std::move(file), "insert"));
      continue;
    }
    AddVectorChanges(file, before->second, &out);
    removed.erase(before);
  }
  for (auto& [path, file] : removed) {
    if (partitioned && file.partition_values.empty()) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the log does not say which partition the removed file {} was in", path));
    }
    out.push_back(Change(ToFile(std::move(file)), "delete"));
  }
  return out;
}

Result<std::vector<uint64_t>> VectorRows(const io::Location& table,
                                         const std::optional<DeletionVectorDescriptor>& vector,
                                         int64_t num_rows) {
  if (!vector || vector->cardinality == 0) {
    return std::vector<uint64_t>{};
  }
  return ReadDeletionVector(table, *vector, num_rows);
}

std::shared_ptr<arrow::Schema> WithChangeColumns(const arrow::Schema& schema) {
  arrow::FieldVector fields = schema.fields();
  fields.push_back(arrow::field(kChangeTypeColumn, arrow::utf8()));
  fields.push_back(arrow::field(kCommitVersionColumn, arrow::int64()));
  fields.push_back(arrow::field(kCommitTimestampColumn, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
  return arrow::schema(std::move(fields));
}

}  // namespace

// PROTOCOL.md, "Reader Requirements for AddCDCFile".
Result<std::vector<FileChange>> ChangesOfCommit(std::vector<Action> actions, bool partitioned) {
  std::vector<FileChange> stated;
  std::vector<AddFile> added;
  std::map<std::string, RemoveFile> removed;
  for (Action& action : actions) {
    if (auto* change = std::get_if<CdcFile>(&action)) {
      stated.push_back(Change(ToFile(std::move(*change)), ""));
    } else if (auto* add = std::get_if<AddFile>(&action); add != nullptr && add->data_change) {
      added.push_back(std::move(*add));
    } else if (auto* remove = std::get_if<RemoveFile>(&action); remove != nullptr && remove->data_change) {
      std::string path = CanonicalPath(remove->path);
      removed.emplace(std::move(path), std::move(*remove));
    }
  }
  if (!stated.empty()) {
    return stated;
  }
  return Derive(std::move(added), std::move(removed), partitioned);
}

DeltaChanges::DeltaChanges(std::shared_ptr<const DeltaSnapshot> end, std::vector<FileChange> changes)
    : end_(std::move(end)),
      changes_(std::move(changes)),
      schema_(WithChangeColumns(*end_->definition().schema)) {}

Result<std::shared_ptr<const DeltaChanges>> DeltaChanges::Load(std::shared_ptr<const DeltaSnapshot> end,
                                                               int64_t from) {
  const io::Location& table = end->location();
  for (const char* name : {kChangeTypeColumn, kCommitVersionColumn, kCommitTimestampColumn}) {
    if (end->definition().schema->GetFieldByName(name) != nullptr) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("{} has a column `{}` of its own; its change feed cannot be read", table.path, name));
    }
  }
  PL_ASSIGN_OR_RETURN(const TableState start, LoadState(table, from, false));
  PL_RETURN_NOT_OK(CheckFeed(start.metadata, from, table));
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  const std::map<int64_t, int64_t> times = CommitTimes(listing);
  const bool partitioned = !end->definition().partition_columns.empty();
  PL_ASSIGN_OR_RETURN(const auto commits, CommitsBetween(listing, from - 1, end->version(), table.path));
  std::vector<FileChange> changes;
  int64_t version = from;
  for (const io::ObjectInfo& commit : commits) {
    PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(commit.path));
    std::vector<Action> actions;
    int64_t timestamp = times.at(version);
    PL_RETURN_NOT_OK(ParseActions(std::move(bytes), commit.path, [&](Action action) {
      if (const auto* info = std::get_if<CommitInfo>(&action)) {
        timestamp = info->in_commit_timestamp.value_or(timestamp);
      } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
        PL_RETURN_NOT_OK(CheckFeed(*metadata, version, table));
      } else {
        actions.push_back(std::move(action));
      }
      return Status::OK();
    }));
    auto found = ChangesOfCommit(std::move(actions), partitioned);
    if (!found.ok()) {
      return WithContext(found.status(), commit.path);
    }
    for (FileChange& change : *found) {
      change.version = version;
      change.timestamp_ms = timestamp;
      changes.push_back(std::move(change));
    }
    ++version;
  }
  return std::make_shared<const DeltaChanges>(std::move(end), std::move(changes));
}

Result<std::optional<table::ScanTask>> DeltaChanges::PlanChange(const ScanPlanner& planner,
                                                                const FileChange& change) const {
  std::vector<std::pair<std::string, std::shared_ptr<arrow::Scalar>>> constants;
  if (!change.type.empty()) {
    constants.emplace_back(kChangeTypeColumn, std::make_shared<arrow::StringScalar>(change.type));
  }
  constants.emplace_back(kCommitVersionColumn, std::make_shared<arrow::Int64Scalar>(change.version));
  constants.emplace_back(kCommitTimestampColumn,
                         std::make_shared<arrow::TimestampScalar>(
                             change.timestamp_ms * 1000, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")));
  PL_ASSIGN_OR_RETURN(std::optional<table::ScanTask> task, planner.Plan(change.file, std::move(constants)));
  if (task && change.gained) {
    const io::Location& table = end_->location();
    PL_ASSIGN_OR_RETURN(const auto gained, VectorRows(table, change.gained, task->num_rows));
    PL_ASSIGN_OR_RETURN(const auto had, VectorRows(table, change.had, task->num_rows));
    std::vector<uint64_t> rows;
    std::set_difference(gained.begin(), gained.end(), had.begin(), had.end(), std::back_inserter(rows));
    task->selected_rows = std::make_shared<const std::vector<uint64_t>>(std::move(rows));
  }
  return task;
}

Result<table::ScanPlan> DeltaChanges::PlanScan(const table::ScanRequest& request) const {
  table::ScanPlan plan;
  plan.table_schema = schema_;
  plan.mapping = end_->mapping();
  for (const char* name : {kChangeTypeColumn, kCommitVersionColumn, kCommitTimestampColumn}) {
    plan.mapping.push_back({name, -1, {}});
  }
  plan.predicate = table::BoundPredicate::Bind(request.predicate, *schema_);
  plan.batch_rows = request.batch_rows;
  plan.batch_bytes = request.batch_bytes;
  PL_ASSIGN_OR_RETURN(plan.output_schema,
                      table::OutputSchema(schema_, request.columns, end_->location().path));
  plan.files_total = static_cast<int64_t>(changes_.size());
  const ScanPlanner planner(*end_, plan.predicate);
  for (const FileChange& change : changes_) {
    auto task = PlanChange(planner, change);
    if (!task.ok()) {
      return WithContext(task.status(), fmt::format("planning the changes of {}, file {}",
                                                    end_->location().path, change.file.path));
    }
    if (*task) {
      plan.tasks.push_back(**std::move(task));
    }
  }
  plan.files_skipped = plan.files_total - static_cast<int64_t>(plan.tasks.size());
  return plan;
}

Result<VersionRange> ResolveRange(const io::Location& table, const table::ChangeRange& range) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  const std::optional<int64_t> latest = listing.latest();
  if (!latest || listing.commits.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not a Delta table: no commit in _delta_log", table.path));
  }
  VersionRange out{range.from.version.value_or(listing.commits.begin()->first),
                   range.to.version.value_or(*latest)};
  if (range.from.as_of_ms) {
    // The first commit not before: the one after the last before.
    const Result<int64_t> before = VersionAsOf(table, *range.from.as_of_ms - 1);
    if (!before.ok() && CodeOf(before.status()) != ErrorCode::kNotFound) {
      return before.status();
    }
    out.from = before.ok() ? *before + 1 : out.from;
  }
  if (range.to.as_of_ms) {
    PL_ASSIGN_OR_RETURN(out.to, VersionAsOf(table, *range.to.as_of_ms));
  }
  if (out.from < 0 || out.from > *latest || out.to > *latest) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} has no version {}; the latest is {}", table.path,
                             out.from < 0 || out.from > *latest ? out.from : out.to, *latest));
  }
  if (out.from > out.to) {
    return Error(ErrorCode::kUsage,
                 fmt::format("there is no commit of {} in the range: it begins with version {} and "
                             "ends with version {}",
                             table.path, out.from, out.to));
  }
  return out;
}

Result<std::shared_ptr<const table::RowSource>> DeltaTable::Changes(const table::ChangeRange& range) {
  PL_ASSIGN_OR_RETURN(const VersionRange versions, ResolveRange(location_, range));
  PL_ASSIGN_OR_RETURN(auto end, LoadVersion(versions.to));
  PL_ASSIGN_OR_RETURN(auto changes, DeltaChanges::Load(std::move(end), versions.from));
  return std::shared_ptr<const table::RowSource>(std::move(changes));
}

}  // namespace pixlake::delta
