#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "table/predicate/row_evaluator.h"
#include "table/read/late_blobs_internal.h"
#include "table/read/row_filter_internal.h"

namespace pixlake::table {
namespace {

// Values this near are read together: a read costs as much as so many bytes.
constexpr int64_t kNear = int64_t{64} << 10;
constexpr int64_t kMostTogether = int64_t{4} << 20;

// What tables have contents as; other bytes are read as any column is.
bool ReadsLate(const arrow::Field& field) {
  return field.type()->id() == arrow::Type::BINARY;
}

}  // namespace

LateBlobReader::LateBlobReader(const ScanPlan& plan, const ScanTask& task) : task_(task) {
  plan_.table_schema = plan.table_schema;
  plan_.output_schema = plan.output_schema;
  plan_.mapping = plan.mapping;
  plan_.predicate = plan.predicate;
  plan_.batch_rows = plan.batch_rows;
  plan_.batch_bytes = plan.batch_bytes;
}

Result<std::unique_ptr<arrow::RecordBatchReader>> LateBlobReader::Open(
    const std::shared_ptr<io::Store>& store, const ScanPlan& plan, const ScanTask& task) {
  std::unique_ptr<LateBlobReader> reader(new LateBlobReader(plan, task));
  if (!reader->PlanColumns()) return nullptr;
  PL_ASSIGN_OR_RETURN(const bool useful, reader->Prepare(store));
  if (!useful) return nullptr;
  return std::unique_ptr<arrow::RecordBatchReader>(std::move(reader));
}

bool LateBlobReader::PlanColumns() {
  if (plan_.predicate.is_every_row()) return false;
  arrow::FieldVector small;
  for (int i = 0; i < plan_.output_schema->num_fields(); ++i) {
    const auto& field = plan_.output_schema->field(i);
    const int position = plan_.table_schema->GetFieldIndex(field->name());
    const bool blob =
        ReadsLate(*field) && position >= 0 && static_cast<size_t>(position) < plan_.mapping.size();
    small_.push_back(blob ? -1 : static_cast<int>(small.size()));
    if (!blob) {
      small.push_back(field);
      continue;
    }
    const FieldMapping& mapping = plan_.mapping[static_cast<size_t>(position)];
    if (mapping.field_id >= 0) return false;
    BlobField one;
    one.name = mapping.physical_name;
    blobs_.push_back(std::move(one));
  }
  if (blobs_.empty()) return false;
  const auto has = [&](const std::string& name) {
    return std::any_of(small.begin(), small.end(), [&](const auto& field) { return field->name() == name; });
  };
  // Tests of blobs are not made here, so that rows are only left out by the others.
  const auto is_small = [&](size_t i) {
    const BoundTest& test = plan_.predicate.tests()[i];
    return test.path.size() == 1 && !ReadsLate(*plan_.table_schema->field(test.path[0]));
  };
  const bool decides = plan_.predicate.Fold<bool>(
      {false, true, true}, is_small, [](bool a, bool b) { return a || b; },
      [](bool a, bool b) { return a && b; });
  if (!decides) return false;
  for (size_t i = 0; i < plan_.predicate.tests().size(); ++i) {
    const auto& field = plan_.table_schema->field(plan_.predicate.tests()[i].path[0]);
    if (is_small(i) && !has(field->name())) small.push_back(field);
  }
  if (!has(kPositionColumn)) small.push_back(arrow::field(kPositionColumn, arrow::int64(), false));
  small_schema_ = arrow::schema(std::move(small));
  return true;
}

Result<bool> LateBlobReader::Prepare(const std::shared_ptr<io::Store>& store) {
  PL_ASSIGN_OR_RETURN(file_, store->OpenInput(task_.path));
  Result<std::unique_ptr<file::BlobReader>> reader = file::BlobReader::Open(file_, task_.path);
  if (!reader.ok()) return false;  // the other way says what is wrong
  reader_ = *std::move(reader);
  for (BlobField& field : blobs_) {
    if (reader_->num_rows() == 0) return false;
    const Result<bool> knows = KnowsPage(&field, 0);
    if (!knows.ok() || !*knows) return false;
  }
  ScanPlan small = plan_;
  small.output_schema = small_schema_;
  inner_ = std::make_unique<TaskReader>(small, task_);
  PL_RETURN_NOT_OK(inner_->Open(store));
  return true;
}

// Whether the places of the values around the row can be known without reading them.
Result<bool> LateBlobReader::KnowsPage(BlobField* field, int64_t row) {
  if (row >= field->page.first && row < field->page.first + field->page.count) return true;
  field->page = {};
  PL_ASSIGN_OR_RETURN(const auto page, reader_->PageOf(field->name, row));
  PL_ASSIGN_OR_RETURN(field->places, reader_->PlacesOfPage(field->name, row, {}));
  if (page.count == 0 || static_cast<int64_t>(field->places.size()) != page.count) return false;
  field->page = page;
  return true;
}

Result<LateBlobReader::Value> LateBlobReader::Find(BlobField* field, int64_t row) {
  PL_ASSIGN_OR_RETURN(const bool known, KnowsPage(field, row));
  if (known) return Value{field->places[static_cast<size_t>(row - field->page.first)], nullptr};
  Value value;
  PL_ASSIGN_OR_RETURN(value.bytes, reader_->Read(field->name, row));
  value.place.length = value.bytes == nullptr ? -1 : value.bytes->size();
  return value;
}

Status LateBlobReader::ReadSmall() {
  PL_RETURN_NOT_OK(inner_->ReadNext(&rows_));
  next_ = 0;
  if (rows_ == nullptr) return Status::OK();
  const std::vector<bool> keep = MayMatchRows(plan_.predicate, *rows_);
  PL_ASSIGN_OR_RETURN(rows_, KeepRows(std::move(rows_), keep));
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> LateBlobReader::ReadBlobs(const std::vector<Value>& values) const {
  arrow::BinaryBuilder built;
  int64_t total = 0;
  for (const Value& value : values) total += std::max<int64_t>(value.place.length, 0);
  PL_RETURN_NOT_OK(built.Reserve(static_cast<int64_t>(values.size())));
  PL_RETURN_NOT_OK(built.ReserveData(total));
  std::shared_ptr<arrow::Buffer> piece;
  int64_t begin = 0;  // of the piece, in the file
  for (size_t i = 0; i < values.size(); ++i) {
    const file::BlobPlace& place = values[i].place;
    if (place.length < 0 || values[i].bytes != nullptr) {
      PL_RETURN_NOT_OK(place.length < 0
                           ? built.AppendNull()
                           : built.Append(values[i].bytes->data(), static_cast<int32_t>(place.length)));
      continue;
    }
    if (piece == nullptr || place.offset < begin || place.offset + place.length > begin + piece->size()) {
      int64_t end = place.offset + place.length;
      begin = place.offset;
      for (size_t next = i + 1; next < values.size(); ++next) {
        const file::BlobPlace& other = values[next].place;
        if (other.length < 0) continue;
        const bool near = other.offset >= end && other.offset - end <= kNear &&
                          other.offset + other.length - begin <= kMostTogether;
        if (!near) break;
        end = other.offset + other.length;
      }
      Result<std::shared_ptr<arrow::Buffer>> read = file_->ReadAt(begin, end - begin);
      if (!read.ok()) return WithContext(read.status(), fmt::format("reading data file {}", task_.path));
      piece = *std::move(read);
      if (piece->size() != end - begin)
        return Error(ErrorCode::kCorrupt, fmt::format("reading data file {}: it ends early", task_.path));
    }
    PL_RETURN_NOT_OK(
        built.Append(piece->data() + (place.offset - begin), static_cast<int32_t>(place.length)));
  }
  return built.Finish();
}

Status LateBlobReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* out) {
  out->reset();
  do {
    PL_RETURN_NOT_OK(CheckStopped());
    if (rows_ == nullptr || next_ == rows_->num_rows()) PL_RETURN_NOT_OK(ReadSmall());
    if (rows_ == nullptr) return Status::OK();
  } while (rows_->num_rows() == 0);
  const auto& positions = static_cast<const arrow::Int64Array&>(*rows_->GetColumnByName(kPositionColumn));
  std::vector<std::vector<Value>> values(blobs_.size());
  int64_t bytes = 0, end = next_;
  for (; end < rows_->num_rows(); ++end) {
    int64_t row_bytes = 0;
    for (size_t i = 0; i < blobs_.size(); ++i) {
      PL_ASSIGN_OR_RETURN(Value value, Find(&blobs_[i], positions.Value(end)));
      row_bytes += std::max<int64_t>(value.place.length, 0);
      values[i].push_back(std::move(value));
    }
    if (end > next_ && bytes + row_bytes > plan_.batch_bytes) {
      for (auto& column : values) column.pop_back();
      break;
    }
    bytes += row_bytes;
  }
  arrow::ArrayVector columns;
  size_t blob = 0;
  for (const int small : small_) {
    if (small >= 0) {
      columns.push_back(rows_->column(small)->Slice(next_, end - next_));
    } else {
      PL_ASSIGN_OR_RETURN(auto array, ReadBlobs(values[blob++]));
      columns.push_back(std::move(array));
    }
  }
  *out = arrow::RecordBatch::Make(plan_.output_schema, end - next_, std::move(columns));
  next_ = end;
  return Status::OK();
}

}  // namespace pixlake::table
