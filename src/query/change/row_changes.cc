#include <algorithm>
#include <limits>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/util/bit_util.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "query/change/row_changes_internal.h"

namespace pixlake::query {
namespace {

constexpr char kFeedFolder[] = "_change_data/";
constexpr int64_t kLeastBatch = int64_t{1} << 20;
constexpr int64_t kMostBatch = int64_t{16} << 20;
// Columns of the query's rows.
constexpr int kFile = 0;
constexpr int kPosition = 1;
constexpr int kAction = 2;
constexpr int kFirstValue = 3;

const arrow::Int64Array& Longs(const arrow::RecordBatch& batch, int column) {
  return static_cast<const arrow::Int64Array&>(*batch.column(column));
}

RowAction ActionAt(const arrow::RecordBatch& batch, int64_t row) {
  return static_cast<RowAction>(static_cast<const arrow::Int8Array&>(*batch.column(kAction)).Value(row));
}

Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(const arrow::RecordBatch& batch,
                                                     const std::shared_ptr<arrow::Array>& rows) {
  arrow::ArrayVector columns;
  for (const auto& column : batch.columns()) {
    PL_ASSIGN_OR_RETURN(const auto taken,
                        arrow::compute::Take(column, rows, arrow::compute::TakeOptions::NoBoundsCheck()));
    columns.push_back(taken.make_array());
  }
  return arrow::RecordBatch::Make(batch.schema(), rows->length(), std::move(columns));
}

// DuckDB's infinite dates and times are the ends of their types' range: a table's other
// readers would find the year 5881580.
template <typename T>
bool HasInfinity(const arrow::ArrayData& data) {
  const T* values = data.GetValues<T>(1);
  for (int64_t i = 0; i < data.length; ++i) {
    const bool end =
        values[i] == std::numeric_limits<T>::max() || values[i] == -std::numeric_limits<T>::max();
    if (end &&
        (data.buffers[0] == nullptr || arrow::bit_util::GetBit(data.buffers[0]->data(), data.offset + i))) {
      return true;
    }
  }
  return false;
}

Status CheckFinite(const arrow::ArrayData& data, const std::string& path) {
  const bool infinite = data.type->id() == arrow::Type::DATE32      ? HasInfinity<int32_t>(data)
                        : data.type->id() == arrow::Type::TIMESTAMP ? HasInfinity<int64_t>(data)
                                                                    : false;
  if (infinite) {
    return Error(
        ErrorCode::kSchemaMismatch,
        fmt::format("column {}: a new row has an infinite date or time, which tables cannot hold", path));
  }
  for (size_t i = 0; i < data.child_data.size(); ++i) {
    PL_RETURN_NOT_OK(
        CheckFinite(*data.child_data[i], path + "." + data.type->field(static_cast<int>(i))->name()));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> Indices(const std::vector<int64_t>& rows) {
  arrow::Int64Builder builder;
  PL_RETURN_NOT_OK(builder.AppendValues(rows));
  return builder.Finish();
}

// The values of a type that may have more fields in its structs than theirs.
Result<std::shared_ptr<arrow::Array>> AsColumn(const std::shared_ptr<arrow::Array>& array,
                                               const arrow::Field& field) {
  if (array->type()->Equals(*field.type())) return array;
  // A query has no type for what is always null.
  if (field.type()->id() == arrow::Type::NA) return arrow::MakeArrayOfNull(field.type(), array->length());
  auto cast = arrow::compute::Cast(*array, field.type());
  return cast.ok() ? cast : WithContext(cast.status(), "column " + field.name());
}

Status ChangedTwice() {
  return Error(ErrorCode::kUsage,
               "several rows of the source match the same row of the table; make the source's keys unique, "
               "or the conditions narrower");
}

}  // namespace

Result<std::unique_ptr<RowChanges>> RowChanges::Make(const table::Table& table,
                                                     std::shared_ptr<const table::Snapshot> snapshot,
                                                     std::vector<table::DataFile> files,
                                                     const ChangeTarget& target, const ChangeQuery& query,
                                                     std::map<int64_t, FileCounts> counts,
                                                     table::Transaction* transaction, int64_t memory,
                                                     ChangeReport* report) {
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  std::unique_ptr<RowChanges> out(new RowChanges());
  out->location_ = table.location();
  out->snapshot_ = std::move(snapshot);
  out->files_ = std::move(files);
  out->counts_ = std::move(counts);
  out->target_ = &target;
  out->query_ = &query;
  out->transaction_ = transaction;
  out->report_ = report;
  out->batch_bytes_ = std::clamp(memory / 16, kLeastBatch, kMostBatch);
  const auto& partitions = target.partition_columns;
  PL_ASSIGN_OR_RETURN(const auto file_schema, transaction->FileSchema());
  PL_ASSIGN_OR_RETURN(out->rows_, TableRowsWriter::Make(out->location_, target.schema, *file_schema,
                                                        partitions, "", memory / 4));
  // A file that goes as a whole, new rows, and rows that a vector marks as deleted speak for themselves
  // (PROTOCOL.md, "Change Data Files"), so that no image is copied to tell that it is gone; with anything
  // else all changes of the commit must be told.
  const bool partly = std::any_of(out->counts_.begin(), out->counts_.end(), [&](const auto& entry) {
    const table::DataFile& file = out->files_[static_cast<size_t>(entry.first)];
    if (entry.second.updates > 0) return true;
    return !target.rules.deletion_vectors && entry.second.deletes + file.deleted_rows != file.num_rows;
  });
  if (target.rules.change_feed && partly) {
    PL_ASSIGN_OR_RETURN(const auto feed_schema,
                        target.schema->AddField(target.schema->num_fields(),
                                                arrow::field(table::kChangeTypeColumn, arrow::utf8())));
    PL_ASSIGN_OR_RETURN(const auto feed_files,
                        file_schema->AddField(file_schema->num_fields(),
                                              arrow::field(table::kChangeTypeColumn, arrow::utf8())));
    PL_ASSIGN_OR_RETURN(out->feed_, TableRowsWriter::Make(out->location_, feed_schema, *feed_files,
                                                          partitions, kFeedFolder, memory / 4));
  }
  std::vector<bool> replaced(static_cast<size_t>(target.schema->num_fields()), false);
  for (const ChangeQuery::Value& value : query.values) {
    replaced[static_cast<size_t>(value.column)] = value.updated && out->feed_ == nullptr;
  }
  for (int i = 0; i < target.old_columns; ++i) {
    if (!replaced[static_cast<size_t>(i)]) out->old_columns_.push_back(target.schema->field(i)->name());
  }
  return out;
}

Status RowChanges::Add(const arrow::RecordBatch& batch) {
  const auto& files = Longs(batch, kFile);
  for (int64_t begin = 0; begin < batch.num_rows();) {
    PL_RETURN_NOT_OK(CheckStopped());
    if (files.IsNull(begin)) return InsertRows(*batch.Slice(begin));
    int64_t end = begin + 1;
    while (end < batch.num_rows() && files.IsValid(end) && files.Value(end) == files.Value(begin)) ++end;
    if (files.Value(begin) != file_) {
      PL_RETURN_NOT_OK(EndFile());
      PL_RETURN_NOT_OK(StartFile(files.Value(begin)));
    }
    PL_RETURN_NOT_OK(AddRun(batch, begin, end));
    begin = end;
  }
  return Status::OK();
}

Status RowChanges::StartFile(int64_t ordinal) {
  if (ordinal < 0 || ordinal >= static_cast<int64_t>(files_.size())) {
    return Error(ErrorCode::kInternal, fmt::format("there is no file {} in the snapshot", ordinal));
  }
  file_ = ordinal;
  return Status::OK();
}

Status RowChanges::AddRun(const arrow::RecordBatch& batch, int64_t begin, int64_t end) {
  const auto& positions = Longs(batch, kPosition);
  std::vector<int64_t> rows;  // those whose old values are needed
  for (int64_t row = begin; row < end; ++row) {
    const auto position = static_cast<uint64_t>(positions.Value(row));
    const bool updates = ActionAt(batch, row) == RowAction::kUpdate;
    if (!gone_.empty() && gone_.back() == position) {
      if (!query_->deletes_may_repeat || updates) return ChangedTwice();
      continue;
    }
    gone_.push_back(position);
    ++(updates ? report_->rows_updated : report_->rows_deleted);
    if (updates || feed_ != nullptr) rows.push_back(row);
  }
  return rows.empty() ? Status::OK() : ChangeRows(batch, rows);
}

// Reads what the rows are now, and writes what they become.
Status RowChanges::ChangeRows(const arrow::RecordBatch& batch, const std::vector<int64_t>& rows) {
  if (old_ == nullptr) {
    const FileCounts& counts = counts_[file_];
    const int64_t wanted = counts.updates + (feed_ != nullptr ? counts.deletes : 0);
    PL_ASSIGN_OR_RETURN(old_, OldRows::Open(location_.store, *snapshot_, files_[static_cast<size_t>(file_)],
                                            old_columns_, wanted, batch_bytes_));
  }
  std::vector<int64_t> positions;
  for (const int64_t row : rows) positions.push_back(Longs(batch, kPosition).Value(row));
  for (size_t begin = 0; begin < rows.size();) {
    PL_ASSIGN_OR_RETURN(const auto old, old_->Next(std::span(positions).subspan(begin)));
    std::vector<int64_t> updated;     // rows of `batch`
    std::vector<int64_t> updated_of;  // and where they are in `old`
    std::vector<int64_t> deleted_of;
    for (int64_t i = 0; i < old->num_rows(); ++i) {
      const int64_t row = rows[begin + static_cast<size_t>(i)];
      const bool updates = ActionAt(batch, row) == RowAction::kUpdate;
      if (updates) updated.push_back(row);
      (updates ? updated_of : deleted_of).push_back(i);
    }
    if (!deleted_of.empty()) {
      PL_ASSIGN_OR_RETURN(const auto indices, Indices(deleted_of));
      PL_ASSIGN_OR_RETURN(const auto deleted, TakeRows(*old, indices));
      PL_RETURN_NOT_OK(WriteChange(*deleted, "delete"));
    }
    if (!updated.empty()) {
      PL_ASSIGN_OR_RETURN(const auto of, Indices(updated_of));
      PL_ASSIGN_OR_RETURN(const auto indices, Indices(updated));
      PL_ASSIGN_OR_RETURN(const auto before, TakeRows(*old, of));
      PL_ASSIGN_OR_RETURN(const auto after, Updated(*before, batch, indices));
      PL_RETURN_NOT_OK(rows_->Write(*after));
      PL_RETURN_NOT_OK(WriteChange(*before, "update_preimage"));
      PL_RETURN_NOT_OK(WriteChange(*after, "update_postimage"));
    }
    begin += static_cast<size_t>(old->num_rows());
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> RowChanges::ValueOf(const arrow::RecordBatch& batch,
                                                          size_t value) const {
  const auto& field = target_->schema->field(query_->values[value].column);
  PL_ASSIGN_OR_RETURN(auto array, AsColumn(batch.column(kFirstValue + static_cast<int>(value)), *field));
  PL_RETURN_NOT_OK(CheckFinite(*array->data(), field->name()));
  return array;
}

// The rows of `old` with what the query says of them at `rows`.
Result<std::shared_ptr<arrow::RecordBatch>> RowChanges::Updated(
    const arrow::RecordBatch& old, const arrow::RecordBatch& batch,
    const std::shared_ptr<arrow::Array>& rows) const {
  arrow::ArrayVector columns(static_cast<size_t>(target_->schema->num_fields()));
  for (size_t i = 0; i < query_->values.size(); ++i) {
    if (!query_->values[i].updated) continue;
    PL_ASSIGN_OR_RETURN(const auto value, ValueOf(batch, i));
    PL_ASSIGN_OR_RETURN(const auto taken,
                        arrow::compute::Take(value, rows, arrow::compute::TakeOptions::NoBoundsCheck()));
    columns[static_cast<size_t>(query_->values[i].column)] = taken.make_array();
  }
  for (int i = 0; i < target_->schema->num_fields(); ++i) {
    auto& column = columns[static_cast<size_t>(i)];
    const auto& field = target_->schema->field(i);
    if (column == nullptr) column = old.GetColumnByName(field->name());
    if (column == nullptr) {
      PL_ASSIGN_OR_RETURN(column, arrow::MakeArrayOfNull(field->type(), old.num_rows()));
    }
    PL_ASSIGN_OR_RETURN(column, AsColumn(column, *field));
  }
  return arrow::RecordBatch::Make(target_->schema, old.num_rows(), std::move(columns));
}

Status RowChanges::InsertRows(const arrow::RecordBatch& batch) {
  arrow::ArrayVector columns(static_cast<size_t>(target_->schema->num_fields()));
  for (size_t i = 0; i < query_->values.size(); ++i) {
    PL_ASSIGN_OR_RETURN(columns[static_cast<size_t>(query_->values[i].column)], ValueOf(batch, i));
  }
  for (int i = 0; i < target_->schema->num_fields(); ++i) {
    auto& column = columns[static_cast<size_t>(i)];
    if (column != nullptr) continue;
    PL_ASSIGN_OR_RETURN(column, arrow::MakeArrayOfNull(target_->schema->field(i)->type(), batch.num_rows()));
  }
  const auto rows = arrow::RecordBatch::Make(target_->schema, batch.num_rows(), std::move(columns));
  report_->rows_inserted += rows->num_rows();
  PL_RETURN_NOT_OK(rows_->Write(*rows));
  return WriteChange(*rows, "insert");
}

Status RowChanges::WriteChange(const arrow::RecordBatch& rows, const char* type) {
  if (feed_ == nullptr) return Status::OK();
  arrow::ArrayVector columns;
  for (const auto& field : target_->schema->fields()) {
    auto column = rows.GetColumnByName(field->name());
    if (column == nullptr) {
      PL_ASSIGN_OR_RETURN(column, arrow::MakeArrayOfNull(field->type(), rows.num_rows()));
    }
    PL_ASSIGN_OR_RETURN(column, AsColumn(column, *field));
    columns.push_back(std::move(column));
  }
  PL_ASSIGN_OR_RETURN(auto types, arrow::MakeArrayFromScalar(arrow::StringScalar(type), rows.num_rows()));
  columns.push_back(std::move(types));
  PL_ASSIGN_OR_RETURN(const auto schema,
                      target_->schema->AddField(target_->schema->num_fields(),
                                                arrow::field(table::kChangeTypeColumn, arrow::utf8())));
  return feed_->Write(*arrow::RecordBatch::Make(schema, rows.num_rows(), std::move(columns)));
}

// All of the file's changes are known: out with its rows.
Status RowChanges::EndFile() {
  if (file_ < 0) return Status::OK();
  const table::DataFile& file = files_[static_cast<size_t>(file_)];
  old_.reset();
  if (file.num_rows >= 0 && static_cast<int64_t>(gone_.size()) + file.deleted_rows == file.num_rows) {
    PL_RETURN_NOT_OK(transaction_->Remove(file));
    ++report_->files_removed;
  } else {
    table::ScanRequest request;
    request.columns.emplace();
    PL_ASSIGN_OR_RETURN(const table::ScanPlan plan, snapshot_->PlanFiles(request, {file}));
    std::vector<uint64_t> all;
    const auto& before = plan.tasks.at(0).deleted_rows;
    if (before != nullptr) {
      std::merge(before->begin(), before->end(), gone_.begin(), gone_.end(), std::back_inserter(all));
    }
    const std::vector<uint64_t>& positions = before != nullptr ? all : gone_;
    if (target_->rules.deletion_vectors) {
      PL_RETURN_NOT_OK(transaction_->SetDeletedRows(file, positions));
      ++report_->files_marked;
    } else {
      PL_RETURN_NOT_OK(RewriteFile(positions));
    }
  }
  file_ = -1;
  gone_.clear();
  return Status::OK();
}

// Copies what stays, a batch at a time.
Status RowChanges::RewriteFile(const std::vector<uint64_t>& gone) {
  const table::DataFile& file = files_[static_cast<size_t>(file_)];
  table::ScanRequest request;
  request.batch_bytes = batch_bytes_;
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, snapshot_->PlanFiles(request, {file}));
  table::ScanTask& task = plan.tasks.at(0);
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(gone);
  PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(location_.store, plan, task));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
    arrow::ArrayVector columns = batch->columns();
    for (int i = 0; i < target_->old_columns; ++i) {
      auto& column = columns[static_cast<size_t>(i)];
      PL_ASSIGN_OR_RETURN(column, AsColumn(column, *target_->schema->field(i)));
    }
    for (int i = target_->old_columns; i < target_->schema->num_fields(); ++i) {
      PL_ASSIGN_OR_RETURN(auto none,
                          arrow::MakeArrayOfNull(target_->schema->field(i)->type(), batch->num_rows()));
      columns.push_back(std::move(none));
    }
    report_->rows_copied += batch->num_rows();
    PL_RETURN_NOT_OK(
        rows_->Write(*arrow::RecordBatch::Make(target_->schema, batch->num_rows(), std::move(columns))));
  }
  PL_RETURN_NOT_OK(transaction_->Remove(file));
  ++report_->files_removed;
  return Status::OK();
}

Status RowChanges::Finish() {
  PL_RETURN_NOT_OK(EndFile());
  PL_ASSIGN_OR_RETURN(auto files, rows_->Finish());
  report_->files_added = static_cast<int64_t>(files.size());
  for (table::StagedFile& file : files) transaction_->Append(std::move(file));
  if (feed_ == nullptr) return Status::OK();
  PL_ASSIGN_OR_RETURN(auto changes, feed_->Finish());
  report_->change_files = static_cast<int64_t>(changes.size());
  for (table::StagedFile& file : changes) transaction_->AddChangeFile(std::move(file));
  return Status::OK();
}

}  // namespace pixlake::query
