#include "table/rewrite/copy_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <fmt/format.h>

#include "file/blob/blob_scanner.h"
#include "io/store.h"

namespace pixlake::table {
namespace {

constexpr int64_t kPlainBatchRows = 8192;

class CopyReader : public arrow::RecordBatchReader {
 public:
  CopyReader(std::shared_ptr<arrow::Schema> schema, std::unique_ptr<file::BlobScanner> blobs,
             std::vector<int> blob_of, std::unique_ptr<arrow::RecordBatchReader> plain,
             std::shared_ptr<const std::vector<uint64_t>> deleted, int64_t batch_bytes)
      : schema_(std::move(schema)),
        blobs_(std::move(blobs)),
        blob_of_(std::move(blob_of)),
        plain_(std::move(plain)),
        deleted_(std::move(deleted)),
        batch_bytes_(batch_bytes) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    while (row_ < blobs_->num_rows()) {
      if (rest_ == nullptr || rest_->num_rows() == 0) {
        PL_RETURN_NOT_OK(plain_->ReadNext(&rest_));
        if (rest_ == nullptr) {
          return Error(ErrorCode::kCorrupt,
                       fmt::format("the columns end at row {} of {}", row_, blobs_->num_rows()));
        }
        continue;
      }
      PL_ASSIGN_OR_RETURN(int64_t count, blobs_->RowsWithin(row_, batch_bytes_));
      count = std::min(count, rest_->num_rows());
      PL_ASSIGN_OR_RETURN(*batch, Assemble(count));
      if ((*batch)->num_rows() > 0) return Status::OK();
    }
    batch->reset();
    return Status::OK();
  }

 private:
  // Which of the next rows stay; empty: all.
  std::vector<bool> Kept(int64_t count) const {
    if (deleted_ == nullptr) return {};
    const auto begin = std::lower_bound(deleted_->begin(), deleted_->end(), static_cast<uint64_t>(row_));
    const auto end = std::lower_bound(begin, deleted_->end(), static_cast<uint64_t>(row_ + count));
    if (begin == end) return {};
    std::vector<bool> keep(static_cast<size_t>(count), true);
    for (auto it = begin; it != end; ++it)
      keep[static_cast<size_t>(*it - static_cast<uint64_t>(row_))] = false;
    return keep;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Assemble(int64_t count) {
    const std::vector<bool> keep = Kept(count);
    std::shared_ptr<arrow::RecordBatch> plain = rest_->Slice(0, count);
    rest_ = rest_->Slice(count);
    int64_t rows = count;
    if (!keep.empty()) {
      rows = std::count(keep.begin(), keep.end(), true);
      if (plain->num_columns() > 0) {
        arrow::BooleanBuilder mask;
        PL_RETURN_NOT_OK(mask.AppendValues(keep));
        PL_ASSIGN_OR_RETURN(const auto selection, mask.Finish());
        PL_ASSIGN_OR_RETURN(const arrow::Datum filtered, arrow::compute::Filter(plain, selection));
        plain = filtered.record_batch();
      }
    }
    arrow::ArrayVector columns;
    arrow::FieldVector fields;
    int next_plain = 0;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const int blob = blob_of_[static_cast<size_t>(i)];
      if (blob < 0) {
        columns.push_back(plain->column(next_plain++));
        fields.push_back(schema_->field(i));
        continue;
      }
      PL_ASSIGN_OR_RETURN(auto views, blobs_->Read(blob, row_, count, keep));
      columns.push_back(std::move(views));
      fields.push_back(schema_->field(i)->WithType(arrow::binary_view()));
    }
    row_ += count;
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(columns));
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const std::unique_ptr<file::BlobScanner> blobs_;
  const std::vector<int> blob_of_;  // by output field; -1: a plain column
  const std::unique_ptr<arrow::RecordBatchReader> plain_;
  const std::shared_ptr<const std::vector<uint64_t>> deleted_;
  const int64_t batch_bytes_;
  std::shared_ptr<arrow::RecordBatch> rest_;  // plain columns that were read and not given
  int64_t row_ = 0;                           // physical, of the next one
};

// The blob columns by the names they have in files; empty when they cannot be found so.
std::vector<std::string> BlobColumns(const ScanPlan& plan) {
  std::vector<std::string> names;
  for (const auto& field : plan.output_schema->fields()) {
    if (field->type()->id() != arrow::Type::BINARY) continue;
    const auto position = static_cast<size_t>(plan.table_schema->GetFieldIndex(field->name()));
    if (position >= plan.mapping.size() || plan.mapping[position].field_id >= 0) return {};
    names.push_back(plan.mapping[position].physical_name);
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<arrow::RecordBatchReader>> ReadForCopy(const std::shared_ptr<io::Store>& store,
                                                              const ScanPlan& plan, const ScanTask& task,
                                                              int64_t batch_bytes) {
  ScanPlan decoded = plan;
  decoded.batch_bytes = batch_bytes;
  decoded.predicate = {};
  const std::vector<std::string> names = BlobColumns(plan);
  // What is deleted by value is left out by the scan.
  if (names.empty() || plan.gate != nullptr) return ReadTask(store, decoded, task);
  PL_ASSIGN_OR_RETURN(auto input, StoreOf(task, store)->OpenInput(task.path));
  PL_ASSIGN_OR_RETURN(auto blobs, file::BlobScanner::Open(std::move(input), task.path, names));
  if (blobs == nullptr) return ReadTask(store, decoded, task);

  arrow::FieldVector rest;
  std::vector<int> blob_of;
  int next_blob = 0;
  for (const auto& field : plan.output_schema->fields()) {
    const bool blob = field->type()->id() == arrow::Type::BINARY;
    blob_of.push_back(blob ? next_blob++ : -1);
    if (!blob) rest.push_back(field);
  }
  decoded.output_schema = arrow::schema(std::move(rest));
  decoded.batch_rows = kPlainBatchRows;
  ScanTask physical = task;
  physical.deleted_rows = nullptr;
  physical.num_rows = blobs->num_rows();
  if (task.deleted_rows != nullptr && !task.deleted_rows->empty() &&
      task.deleted_rows->back() >= static_cast<uint64_t>(blobs->num_rows())) {
    return Error(ErrorCode::kCorrupt, fmt::format("{} has {} rows, but row {} is said to be deleted",
                                                  task.path, blobs->num_rows(), task.deleted_rows->back()));
  }
  PL_ASSIGN_OR_RETURN(auto plain, ReadTask(store, decoded, physical));
  return std::make_unique<CopyReader>(plan.output_schema, std::move(blobs), std::move(blob_of),
                                      std::move(plain), task.deleted_rows, batch_bytes);
}

}  // namespace pixlake::table
