#include <algorithm>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/initialize.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "query/change/old_rows_internal.h"

namespace pixlake::query {
namespace {

// Reading on is cheaper than seeking when more than one row in so many is wanted.
constexpr int64_t kSparse = 8;

const arrow::Int64Array& PositionsOf(const arrow::RecordBatch& batch) {
  return static_cast<const arrow::Int64Array&>(*batch.column(batch.num_columns() - 1));
}

bool IsPlainBlob(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY;
}

}  // namespace

Result<std::unique_ptr<OldRows>> OldRows::Open(const std::shared_ptr<io::Store>& store,
                                               const table::Snapshot& snapshot, const table::DataFile& file,
                                               const std::vector<std::string>& columns, int64_t wanted,
                                               int64_t batch_bytes) {
  std::unique_ptr<OldRows> out(new OldRows());
  out->path_ = file.path;
  out->batch_bytes_ = batch_bytes;
  table::ScanRequest request;
  request.columns = columns;
  request.batch_bytes = batch_bytes;
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, snapshot.PlanFiles(request, {file}));
  out->schema_ = plan.output_schema;
  out->columns_.resize(columns.size());
  if (file.num_rows > 0 && wanted < file.num_rows / kSparse) PL_RETURN_NOT_OK(out->OpenBlobs(store, plan));

  request.columns->clear();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!out->columns_[i].blob.empty()) continue;
    out->columns_[i].read = static_cast<int>(request.columns->size());
    request.columns->push_back(columns[i]);
  }
  request.columns->emplace_back(table::kPositionColumn);
  PL_ASSIGN_OR_RETURN(plan, snapshot.PlanFiles(request, {file}));
  PL_ASSIGN_OR_RETURN(out->reader_, table::ReadTask(store, plan, plan.tasks.at(0)));
  return out;
}

// Sets which columns are fetched one by one: blobs of the top level that the file has
// under a name.
Status OldRows::OpenBlobs(const std::shared_ptr<io::Store>& store, const table::ScanPlan& plan) {
  for (int i = 0; i < schema_->num_fields(); ++i) {
    const auto& field = schema_->field(i);
    const int position = plan.table_schema->GetFieldIndex(field->name());
    if (!IsPlainBlob(*field->type()) || position < 0 ||
        plan.mapping[static_cast<size_t>(position)].field_id >= 0) {
      continue;
    }
    if (blobs_ == nullptr) {
      PL_ASSIGN_OR_RETURN(auto input, table::StoreOf(plan.tasks.at(0), store)->OpenInput(path_));
      PL_ASSIGN_OR_RETURN(blobs_, file::BlobReader::Open(std::move(input), path_));
    }
    const std::string& name = plan.mapping[static_cast<size_t>(position)].physical_name;
    const auto page = blobs_->PageOf(name, 0);
    // Without a page index (or the column) reading in order is the better way.
    if (page.ok() && page->count > 0) columns_[static_cast<size_t>(i)].blob = name;
  }
  return Status::OK();
}

Status OldRows::Advance(int64_t position) {
  for (;;) {
    if (batch_ != nullptr) {
      const auto& positions = PositionsOf(*batch_);
      const int64_t* begin = positions.raw_values();
      const int64_t* end = begin + positions.length();
      offset_ = std::lower_bound(begin + offset_, end, position) - begin;
      if (offset_ < batch_->num_rows()) break;
    }
    PL_RETURN_NOT_OK(CheckStopped());
    PL_RETURN_NOT_OK(reader_->ReadNext(&batch_));
    offset_ = 0;
    if (batch_ == nullptr) break;
  }
  if (batch_ != nullptr && PositionsOf(*batch_).Value(offset_) == position) return Status::OK();
  return Error(ErrorCode::kCorrupt, fmt::format("{} has no live row {} any more", path_, position));
}

Result<std::shared_ptr<arrow::RecordBatch>> OldRows::Next(std::span<const int64_t> positions) {
  PL_RETURN_NOT_OK(Advance(positions.front()));
  const auto& there = PositionsOf(*batch_);
  arrow::Int64Builder rows;
  int64_t count = 0;
  int64_t at = offset_;
  for (const int64_t position : positions) {
    while (at < there.length() && there.Value(at) < position) ++at;
    if (at == there.length() || there.Value(at) != position) break;
    PL_RETURN_NOT_OK(rows.Append(at));
    ++count;
  }
  // Blobs that are fetched may fill the budget before.
  std::vector<std::shared_ptr<arrow::Array>> arrays(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].blob.empty()) continue;
    PL_ASSIGN_OR_RETURN(arrays[i], ReadBlobs(columns_[i].blob, positions, &count));
  }
  PL_ASSIGN_OR_RETURN(const auto indices, rows.Finish());
  const auto taken = indices->Slice(0, count);
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].blob.empty()) {
      PL_ASSIGN_OR_RETURN(const auto values,
                          arrow::compute::Take(batch_->column(columns_[i].read), taken,
                                               arrow::compute::TakeOptions::NoBoundsCheck()));
      arrays[i] = values.make_array();
    } else {
      arrays[i] = arrays[i]->Slice(0, count);
    }
  }
  return arrow::RecordBatch::Make(schema_, count, std::move(arrays));
}

// The blobs of the first `count` rows; fewer, and `count` less, when they fill the budget.
Result<std::shared_ptr<arrow::Array>> OldRows::ReadBlobs(const std::string& physical_name,
                                                         std::span<const int64_t> positions, int64_t* count) {
  arrow::BinaryBuilder builder;
  int64_t read = 0;
  for (; read < *count && (read == 0 || builder.value_data_length() < batch_bytes_); ++read) {
    PL_ASSIGN_OR_RETURN(const auto value, blobs_->Read(physical_name, positions[static_cast<size_t>(read)]));
    if (value == nullptr) {
      PL_RETURN_NOT_OK(builder.AppendNull());
    } else {
      PL_RETURN_NOT_OK(builder.Append(value->data(), static_cast<int32_t>(value->size())));
    }
  }
  *count = read;
  return builder.Finish();
}

}  // namespace pixlake::query
