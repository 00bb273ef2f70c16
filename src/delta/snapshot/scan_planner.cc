#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/log/table_path_internal.h"
#include "delta/snapshot/snapshot_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/stats/value_text_internal.h"
#include "delta/vector/deletion_vector_internal.h"
#include "table/text_width.h"

namespace pixlake::delta {

namespace {

// Of text that is filled up with blanks as it is read (CHAR(n)): bounds in the log are of what
// it was before.
bool IsFilledUp(const arrow::Field& field) {
  auto width = table::TextWidthOf(field);
  // What cannot be read is filled up nowhere.
  return width.ok() && width->any();
}

}  // namespace

ScanPlanner::TestColumn ScanPlanner::ColumnOf(const table::BoundTest& test) const {
  TestColumn out;
  const std::vector<std::string>& partitions = snapshot_.state().metadata.partition_columns;
  const auto top = static_cast<size_t>(test.path[0]);
  if (top >= snapshot_.mapping().size() ||
      std::find(partitions.begin(), partitions.end(), test.column[0]) != partitions.end()) {
    out.constant = test.column.size() == 1;
    return out;
  }
  if (test.type->num_fields() > 0 || IsFilledUp(*snapshot_.state().schema->field(test.path[0]))) {
    return out;
  }
  const table::FieldMapping* mapping = &snapshot_.mapping()[top];
  out.leaf.push_back(mapping->physical_name);
  for (size_t depth = 1; depth < test.path.size(); ++depth) {
    mapping = &mapping->children[static_cast<size_t>(test.path[depth])];
    out.leaf.push_back(mapping->physical_name);
  }
  return out;
}

ScanPlanner::ScanPlanner(const DeltaSnapshot& snapshot, table::BoundPredicate predicate)
    : snapshot_(snapshot), predicate_(std::move(predicate)) {
  for (const table::BoundTest& test : predicate_.tests()) {
    columns_.push_back(ColumnOf(test));
    by_constants_ = by_constants_ || columns_.back().constant;
    by_stats_ = by_stats_ || !columns_.back().leaf.empty();
  }
}

bool ScanPlanner::MayMatchConstant(size_t test, const table::ScanTask& task) const {
  if (!columns_[test].constant) {
    return true;
  }
  const table::BoundTest& asked = predicate_.tests()[test];
  const auto found = std::find_if(task.partition_values.begin(), task.partition_values.end(),
                                  [&](const auto& value) { return value.first == asked.column[0]; });
  return found == task.partition_values.end() || table::MayMatch(asked, table::ValueRange::Of(found->second));
}

bool ScanPlanner::MayMatch(const AddFile& file, const table::ScanTask& task) const {
  // Statistics have to be parsed, the others are at hand.
  if (by_constants_ && !predicate_.MayMatch([&](size_t i) { return MayMatchConstant(i, task); })) {
    return false;
  }
  if (!by_stats_ || file.stats.empty()) {
    return true;
  }
  const FileStats stats(file.stats, file.deletion_vector.has_value(), &parser_);
  return predicate_.MayMatch([&](size_t i) {
    const table::BoundTest& test = predicate_.tests()[i];
    return columns_[i].leaf.empty() ? MayMatchConstant(i, task)
                                    : table::MayMatch(test, stats.RangeOf(columns_[i].leaf, test.type));
  });
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
  if (predicate_.is_every_row()) {
    return true;
  }
  PL_ASSIGN_OR_RETURN(const table::ScanTask task, Partition(file));
  return MayMatch(file, task);
}

Result<std::optional<table::ScanTask>> ScanPlanner::Plan(const AddFile& file, Constants constants) const {
  PL_ASSIGN_OR_RETURN(table::ScanTask task, Partition(file, std::move(constants)));
  if (!MayMatch(file, task)) {
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
