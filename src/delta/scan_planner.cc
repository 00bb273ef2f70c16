
#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/deletion_vector_internal.h"
#include "delta/file_stats_internal.h"
#include "delta/snapshot_internal.h"
#include "delta/table_path_internal.h"
#include "delta/value_text_internal.h"
#include "table/text_width.h"

namespace pixlake::delta {

namespace {

// Of text that is filled up with blanks as it is read (CHAR(n)): bounds in the log are of what
// it was before.
bool IsFilledUp(const arrow::FieldVector& fields, const std::vector<std::string>& column) {
  const auto top = std::find_if(fields.begin(), fields.end(),
                                [&](const auto& field) { return field->name() == column[0]; });
  if (top == fields.end()) {
    return false;
  }
  auto width = table::TextWidthOf(**top);
  // What cannot be read is filled up nowhere.
  return width.ok() && width->any();
}

table::ValueRange RangeOfValue(const std::shared_ptr<arrow::Scalar>& value) {
  table::ValueRange range;
  range.num_rows = 1;
  range.null_count = value->is_valid ? 0 : 1;
  if (value->is_valid) {
    range.min = value;
    range.max = value;
  }
  return range;
}

}  // namespace

// The leaf that a predicate's column means, in physical names; nullopt: none.
std::optional<ScanPlanner::PhysicalColumn> ScanPlanner::FindColumn(
    const std::vector<std::string>& column) const {
  PhysicalColumn out;
  const arrow::FieldVector* fields = &snapshot_.state().schema->fields();
  const std::vector<table::FieldMapping>* mappings = &snapshot_.mapping();
  if (column.empty() || IsFilledUp(*fields, column)) {
    return std::nullopt;
  }
  for (const std::string& name : column) {
    if (out.type != nullptr && out.type->id() != arrow::Type::STRUCT) {
      return std::nullopt;
    }
    const auto field = std::find_if(fields->begin(), fields->end(),
                                    [&](const auto& candidate) { return candidate->name() == name; });
    if (field == fields->end()) {
      return std::nullopt;
    }
    const table::FieldMapping& found = (*mappings)[field - fields->begin()];
    out.path.push_back(found.physical_name);
    out.type = (*field)->type();
    fields = &out.type->fields();
    mappings = &found.children;
  }
  return out.type == nullptr || out.type->num_fields() > 0 ? std::nullopt : std::optional(std::move(out));
}

ScanPlanner::ScanPlanner(const DeltaSnapshot& snapshot, const table::Predicate& predicate)
    : snapshot_(snapshot), predicate_(predicate) {
  const std::vector<std::string>& partitions = snapshot_.state().metadata.partition_columns;
  for (const table::Comparison& comparison : predicate_.all_of) {
    const bool partition =
        comparison.column.size() == 1 &&
        std::find(partitions.begin(), partitions.end(), comparison.column[0]) != partitions.end();
    std::optional<PhysicalColumn> column = partition ? std::nullopt : FindColumn(comparison.column);
    if (column) {
      conditions_.push_back({&comparison, *std::move(column)});
    }
  }
}

bool ScanPlanner::MayMatchStats(const AddFile& file) const {
  if (conditions_.empty() || file.stats.empty()) {
    return true;
  }
  const FileStats stats(file.stats, file.deletion_vector.has_value(), &parser_);
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return table::MayMatch(*condition.comparison,
                           stats.RangeOf(condition.column.path, condition.column.type));
  });
}

bool ScanPlanner::MayMatchPartitions(const table::ScanTask& task) const {
  for (const table::Comparison& comparison : predicate_.all_of) {
    for (const auto& [name, value] : task.partition_values) {
      if (comparison.column.size() == 1 && comparison.column[0] == name &&
          !table::MayMatch(comparison, RangeOfValue(value))) {
        return false;
      }
    }
  }
  return true;
}

Result<table::ScanTask> ScanPlanner::Partition(const AddFile& file, Constants constants) const {
  const TableState& state = snapshot_.state();
  table::ScanTask task;
  task.partition_values = std::move(constants);
  for (const std::string& name : state.metadata.partition_columns) {
    const int index = state.schema->GetFieldIndex(name);
    // Keyed by physical name; values of writers that used the logical one are met.
    auto value = file.partition_values.find(snapshot_.mapping()[index].physical_name);
    value = value == file.partition_values.end() ? file.partition_values.find(name) : value;
    PL_ASSIGN_OR_RETURN(
        auto scalar, ParsePartitionValue(value == file.partition_values.end() ? std::nullopt : value->second,
                                         state.schema->field(index)->type()));
    const auto width = table::TextWidthOf(*state.schema->field(index));
    if (width.ok() && width->is_char && scalar->is_valid) {
      scalar = arrow::MakeScalar(table::Padded(scalar->ToString(), width->length));
    }
    task.partition_values.emplace_back(name, std::move(scalar));
  }
  return task;
}

Result<bool> ScanPlanner::MayMatch(const AddFile& file) const {
  if (predicate_.all_of.empty()) {
    return true;
  }
  PL_ASSIGN_OR_RETURN(const table::ScanTask task, Partition(file));
  return MayMatchPartitions(task) && MayMatchStats(file);
}

Result<std::optional<table::ScanTask>> ScanPlanner::Plan(const AddFile& file, Constants constants) const {
  PL_ASSIGN_OR_RETURN(table::ScanTask task, Partition(file, std::move(constants)));
  if (!MayMatchPartitions(task) || !MayMatchStats(file)) {
    return std::nullopt;
  }
  PL_RETURN_NOT_OK(Locate(file, &task));
  return task;
}

Result<table::ScanTask> ScanPlanner::TaskFor(const AddFile& file) const {
  PL_ASSIGN_OR_RETURN(table::ScanTask task, Partition(file));
  PL_RETURN_NOT_OK(Locate(file, &task));
  return task;
}

Status ScanPlanner::Locate(const AddFile& file, table::ScanTask* out) const {
  table::ScanTask& task = *out;
  PL_ASSIGN_OR_RETURN(task.path, ResolvePath(snapshot_.location(), file.path));
  if (file.size < 0) {
    return Error(ErrorCode::kCorrupt, fmt::format("the log gives it a size of {} bytes", file.size));
  }
  task.size = file.size;
  task.num_rows = NumRecords(file.stats);
  if (file.deletion_vector && file.deletion_vector->cardinality != 0) {
    PL_ASSIGN_OR_RETURN(std::vector<uint64_t> rows,
                        ReadDeletionVector(snapshot_.location(), *file.deletion_vector, task.num_rows));
    task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::move(rows));
  }
  return Status::OK();
}

}  // namespace pixlake::delta
