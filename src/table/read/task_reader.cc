#include <algorithm>
#include <limits>
#include <optional>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include "base/stop/stop_token.h"
#include "file/file_calendar.h"
#include "file/open_parquet.h"
#include "table/column/column_cast_internal.h"
#include "table/column/legacy_calendar_internal.h"
#include "table/read/decoded_size_internal.h"
#include "table/read/row_filter_internal.h"
#include "table/read/task_reader_internal.h"
#include "table/text_width.h"

namespace pixlake::table {
namespace {

constexpr int64_t kStreamBuffer = int64_t{1} << 20;

// Runs what may throw.
template <typename Function>
Status Guard(Function function) {
  try {
    return function();
  } catch (const parquet::ParquetStatusException& e) {
    return e.status();
  } catch (const parquet::ParquetException& e) {
    return Error(ErrorCode::kCorrupt, e.what());
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverBudget, "out of memory");
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, e.what());
  }
}

void SetCharLengths(const TextWidth& width, FieldMatch* match) {
  match->char_length = width.is_char ? width.length : 0;
  for (size_t i = 0; i < width.children.size() && i < match->children.size(); ++i) {
    SetCharLengths(width.children[i], &match->children[i]);
  }
}

// Which texts are filled up with blanks, by what the table says of the column.
void MarkChars(FieldMatch* column) {
  const auto width = TextWidthOf(*column->field);
  if (width.ok()) SetCharLengths(*width, column);  // what is wrong with it is a writer's to say
}

Result<std::shared_ptr<arrow::Array>> Positions(int64_t first_row, int64_t rows) {
  arrow::Int64Builder builder;
  PL_RETURN_NOT_OK(builder.Reserve(rows));
  for (int64_t row = first_row; row < first_row + rows; ++row) builder.UnsafeAppend(row);
  return builder.Finish();
}

}  // namespace

TaskReader::TaskReader(const ScanPlan& plan, const ScanTask& task)
    : schema_(plan.output_schema),
      table_schema_(plan.table_schema),
      mapping_(plan.mapping),
      predicate_(plan.predicate),
      batch_rows_(std::max<int64_t>(1, plan.batch_rows)),
      batch_bytes_(std::max<int64_t>(1, plan.batch_bytes)),
      task_(task) {}

TaskReader::~TaskReader() = default;

int64_t TaskReader::BufferBytes() const {
  return std::min(kStreamBuffer, batch_bytes_);
}

const std::shared_ptr<arrow::Scalar>* TaskReader::PartitionValue(const std::string& column) const {
  for (const auto& [name, value] : task_.partition_values) {
    if (name == column) return &value;
  }
  return nullptr;
}

Status TaskReader::Open(const std::shared_ptr<io::Store>& store) {
  const auto is_constant = [&](const auto& field) {
    return field->name() == kFileColumn || field->name() == kPositionColumn ||
           PartitionValue(field->name()) != nullptr;
  };
  const auto& fields = schema_->fields();
  const bool needs_file = task_.num_rows < 0 || !std::all_of(fields.begin(), fields.end(), is_constant);
  return InFile(Guard([&]() -> Status {
    if (needs_file) PL_RETURN_NOT_OK(OpenFile(store));
    PL_RETURN_NOT_OK(PlanColumns());
    if (needs_file) return PlanRowGroups();
    stretches_.push_back({-1, 0, task_.num_rows, batch_rows_});
    return CheckRows(task_.num_rows);
  }));
}

Status TaskReader::OpenFile(const std::shared_ptr<io::Store>& store) {
  PL_ASSIGN_OR_RETURN(input_, store->OpenInput(task_.path));
  parquet::ReaderProperties properties;
  // Only what is decoded is held, never a whole column chunk of images.
  properties.set_buffer_size(BufferBytes());
  auto probe = file::OpenParquet(input_, properties);
  const auto metadata = probe->metadata();
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    if (metadata->RowGroup(i)->total_byte_size() > batch_bytes_) properties.enable_buffered_stream();
  }
  if (properties.is_buffered_stream_enabled()) {
    probe = parquet::ParquetFileReader::Open(input_, properties, metadata);
  }
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  arrow_properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  PL_ASSIGN_OR_RETURN(file_, parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(probe),
                                                              arrow_properties));
  return Status::OK();
}

Status TaskReader::PlanColumns() {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<FieldMapping> mapping;
  for (const auto& field : schema_->fields()) {
    Column column;
    if (const auto* value = PartitionValue(field->name())) {
      column.is_constant = true;
      column.constant = *value;
    } else if (field->name() == kFileColumn) {
      column.is_constant = true;
      column.constant = std::make_shared<arrow::Int64Scalar>(task_.ordinal);
    } else if (field->name() == kPositionColumn) {
      column.is_position = true;
    } else {
      const int position = table_schema_->GetFieldIndex(field->name());
      if (position < 0 || static_cast<size_t>(position) >= mapping_.size()) {
        return Error(ErrorCode::kInternal, fmt::format("no mapping for column {}", field->name()));
      }
      column.match = fields.size();
      fields.push_back(field);
      mapping.push_back(mapping_[static_cast<size_t>(position)]);
    }
    columns_.push_back(std::move(column));
  }
  if (file_ == nullptr) return Status::OK();
  PL_ASSIGN_OR_RETURN(match_, MatchFields(fields, mapping, file_->manifest()));
  const auto metadata = file_->parquet_reader()->metadata();
  PL_RETURN_NOT_OK(MarkHybrid(file::CalendarOf(metadata->key_value_metadata().get()), *metadata->schema(),
                              &match_.fields));
  for (FieldMatch& match : match_.fields) MarkChars(&match);
  leaves_.assign(match_.leaves.begin(), match_.leaves.end());
  return Status::OK();
}

Result<FilePredicate> TaskReader::PlacePredicate() {
  FilePredicate out{&predicate_, std::vector<TestPlace>(predicate_.tests().size())};
  const auto metadata = file_->parquet_reader()->metadata();
  const file::FileCalendar calendar = file::CalendarOf(metadata->key_value_metadata().get());
  for (size_t i = 0; i < out.places.size(); ++i) {
    const BoundTest& test = predicate_.tests()[i];
    TestPlace& place = out.places[i];
    if (const auto* value = PartitionValue(test.column[0])) {
      if (test.column.size() > 1) continue;
      place.kind = TestPlace::Kind::kConstant;
      place.constant = ValueRange::Of(*value);
      continue;
    }
    const auto position = static_cast<size_t>(test.path[0]);
    if (position >= mapping_.size()) continue;
    PL_ASSIGN_OR_RETURN(auto match, MatchFields({table_schema_->field(test.path[0])}, {mapping_[position]},
                                                file_->manifest()));
    MarkChars(&match.fields[0]);
    place = PlaceOf(test, match.fields[0]);
    // Bounds of values that are changed as they are read say nothing of what they become.
    const bool changed =
        place.kind == TestPlace::Kind::kLeaf &&
        (place.char_length > 0 || file::IsHybrid(calendar, *metadata->schema()->Column(place.leaf)));
    if (changed) place = {};
  }
  return out;
}

// The positions that the task names are within the file.
Status TaskReader::CheckRows(int64_t file_rows) const {
  for (const auto& rows : {task_.deleted_rows, task_.selected_rows}) {
    if (rows == nullptr || rows->empty() || rows->back() < static_cast<uint64_t>(file_rows)) continue;
    return Error(ErrorCode::kCorrupt,
                 fmt::format("row {} is marked {}, the file has {} rows", rows->back(),
                             rows == task_.deleted_rows ? "deleted" : "changed", file_rows));
  }
  return Status::OK();
}

bool TaskReader::IsSelected(int64_t first_row, int64_t rows) const {
  if (task_.selected_rows == nullptr) return true;
  const auto found = std::lower_bound(task_.selected_rows->begin(), task_.selected_rows->end(),
                                      static_cast<uint64_t>(first_row));
  return found != task_.selected_rows->end() && *found < static_cast<uint64_t>(first_row + rows);
}

// Rows for one read, so that what is decoded stays near the budget of bytes.
int64_t TaskReader::BatchRows(int row_group) const {
  const int64_t row_bytes = DecodedRowBytes(file_->parquet_reader(), row_group, leaves_);
  return std::clamp<int64_t>(batch_bytes_ / row_bytes, 1, batch_rows_);
}

Status TaskReader::PlanRowGroups() {
  PL_ASSIGN_OR_RETURN(const FilePredicate predicate, PlacePredicate());
  const auto metadata = file_->parquet_reader()->metadata();
  int64_t first_row = 0;
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    const int64_t rows = metadata->RowGroup(i)->num_rows();
    if (rows < 0 || rows > std::numeric_limits<int64_t>::max() - first_row) {
      return Error(ErrorCode::kCorrupt, fmt::format("row group {} claims {} rows", i, rows));
    }
    if (rows > 0 && IsSelected(first_row, rows) && RowGroupMayMatch(file_->parquet_reader(), i, predicate)) {
      PL_RETURN_NOT_OK(PlanRowGroup({i, first_row, rows, BatchRows(i)}, predicate));
    }
    first_row += rows;
  }
  if (first_row != metadata->num_rows()) {
    return Error(ErrorCode::kCorrupt, fmt::format("its row groups have {} rows, its footer says {}",
                                                  first_row, metadata->num_rows()));
  }
  if (task_.num_rows >= 0 && task_.num_rows != first_row) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("it has {} rows, the table says {}", first_row, task_.num_rows));
  }
  return CheckRows(first_row);
}

// The row group as one stretch, or the stretches of it that its pages' bounds leave.
Status TaskReader::PlanRowGroup(const Stretch& whole, const FilePredicate& predicate) {
  const auto ranges = RowsThatMayMatch(file_->parquet_reader(), whole.row_group, predicate);
  int64_t kept = 0;
  for (const RowRange& range : ranges) kept += range.count;
  if (kept == 0) return Status::OK();
  // Where more is left, reading it all in one go costs less.
  bool apart = kept <= whole.num_rows / 2;
  if (apart && !leaves_.empty()) {
    if (!ranges_tried_) {
      ranges_tried_ = true;
      PL_ASSIGN_OR_RETURN(ranges_, RowRangeReader::Make(input_, file_->parquet_reader()->metadata(),
                                                        file_->properties(), leaves_, BufferBytes()));
    }
    apart = ranges_ != nullptr;
    if (apart) {
      PL_ASSIGN_OR_RETURN(apart, ranges_->Knows(whole.row_group));
    }
  }
  if (!apart) {
    stretches_.push_back(whole);
    return Status::OK();
  }
  for (const RowRange& range : ranges) {
    const int64_t first_row = whole.first_row + range.first;
    if (IsSelected(first_row, range.count))
      stretches_.push_back({whole.row_group, first_row, range.count, whole.batch_rows, range.first});
  }
  return Status::OK();
}

Status TaskReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* out) {
  out->reset();
  while (ready_.empty()) {
    if (stretch_ == stretches_.size()) return Status::OK();
    PL_RETURN_NOT_OK(CheckStopped());
    PL_RETURN_NOT_OK(InFile(Guard([&] { return ReadMore(); })));
  }
  *out = std::move(ready_.front());
  ready_.pop_front();
  return Status::OK();
}

// The next rows as the file has them; null when no column is read.
Result<std::shared_ptr<arrow::RecordBatch>> TaskReader::NextPhysical(int64_t* rows) {
  const Stretch& stretch = stretches_[stretch_];
  std::shared_ptr<arrow::RecordBatch> physical;
  if (leaves_.empty()) {
    *rows = std::min(stretch.batch_rows, stretch.num_rows - row_in_stretch_);
    return physical;
  }
  if (stretch.in_group >= 0) {
    if (row_in_stretch_ == 0) {
      PL_RETURN_NOT_OK(
          ranges_->Start(stretch.row_group, {stretch.in_group, stretch.num_rows}, stretch.batch_rows));
    }
    *rows = std::min(stretch.batch_rows, stretch.num_rows - row_in_stretch_);
    return ranges_->Next(*rows);
  }
  if (row_group_ == nullptr) {
    file_->set_batch_size(stretch.batch_rows);
    PL_ASSIGN_OR_RETURN(row_group_, file_->GetRecordBatchReader({stretch.row_group}, leaves_));
  }
  PL_RETURN_NOT_OK(row_group_->ReadNext(&physical));
  *rows = physical == nullptr ? 0 : physical->num_rows();
  if (physical == nullptr || *rows > stretch.num_rows - row_in_stretch_) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("row group {} has {} rows, its footer says {}", stretch.row_group,
                             row_in_stretch_ + *rows, stretch.num_rows));
  }
  return physical;
}

Status TaskReader::ReadMore() {
  const Stretch& stretch = stretches_[stretch_];
  int64_t rows = 0;
  PL_ASSIGN_OR_RETURN(const auto physical, NextPhysical(&rows));
  const int64_t first_row = stretch.first_row + row_in_stretch_;
  row_in_stretch_ += rows;
  if (rows > 0) {
    PL_ASSIGN_OR_RETURN(auto batch, ToOutput(physical.get(), first_row, rows));
    PL_ASSIGN_OR_RETURN(batch, KeepLiveRows(std::move(batch), task_, first_row));
    PL_RETURN_NOT_OK(Split(std::move(batch)));
  }
  if (row_in_stretch_ == stretch.num_rows) {
    row_group_.reset();
    row_in_stretch_ = 0;
    ++stretch_;
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> TaskReader::ToOutput(const arrow::RecordBatch* physical,
                                                                 int64_t first_row, int64_t rows) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto& field = schema_->field(static_cast<int>(i));
    const Column& column = columns_[i];
    const bool has_constant = column.is_constant && column.constant != nullptr && column.constant->is_valid;
    std::shared_ptr<arrow::Array> array;
    if (has_constant) {
      if (!column.constant->type->Equals(*field->type())) {
        return Error(ErrorCode::kInternal,
                     fmt::format("partition value of {} is {}, wanted {}", field->name(),
                                 column.constant->type->ToString(), field->type()->ToString()));
      }
      PL_ASSIGN_OR_RETURN(array, arrow::MakeArrayFromScalar(*column.constant, rows));
    } else if (column.is_position) {
      PL_ASSIGN_OR_RETURN(array, Positions(first_row, rows));
    } else if (column.is_constant || match_.fields[column.match].found == nullptr) {
      PL_ASSIGN_OR_RETURN(array, arrow::MakeArrayOfNull(field->type(), rows));
    } else {
      const FieldMatch& match = match_.fields[column.match];
      if (match.read_position < 0 || match.read_position >= physical->num_columns()) {
        return Error(ErrorCode::kInternal, fmt::format("column {} was not read", match.path));
      }
      PL_ASSIGN_OR_RETURN(array, CastColumn(physical->column(match.read_position), match));
    }
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
}

// Hands out the batch in pieces that keep to the budget of bytes.
Status TaskReader::Split(std::shared_ptr<arrow::RecordBatch> batch) {
  if (batch->num_rows() == 0) return Status::OK();
  if (batch->num_rows() > 1 && batch->num_columns() > 0) {
    PL_ASSIGN_OR_RETURN(const int64_t bytes, arrow::util::ReferencedBufferSize(*batch));
    if (bytes > batch_bytes_) {
      const int64_t half = batch->num_rows() / 2;
      PL_RETURN_NOT_OK(Split(batch->Slice(0, half)));
      return Split(batch->Slice(half));
    }
  }
  ready_.push_back(std::move(batch));
  return Status::OK();
}

Status TaskReader::InFile(const Status& status) const {
  if (status.ok()) return status;
  const std::string context = fmt::format("reading data file {}", task_.path);
  const bool ours = status.detail() != nullptr;
  if (!ours && (status.IsInvalid() || status.IsIOError() || status.IsSerializationError())) {
    return Error(ErrorCode::kCorrupt, context + ": " + status.message());
  }
  return WithContext(status, context);
}

}  // namespace pixlake::table
