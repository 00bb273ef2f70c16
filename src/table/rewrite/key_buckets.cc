#include <algorithm>
#include <filesystem>
#include <system_error>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include "base/uuid.h"
#include "table/rewrite/zorder_rows_internal.h"

namespace pixlake::table {

struct KeyBuckets::Bucket {
  arrow::RecordBatchVector batches;  // in memory when there is one bucket
  std::string path;
  std::shared_ptr<arrow::io::FileOutputStream> output;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
};

KeyBuckets::KeyBuckets(std::shared_ptr<arrow::Schema> schema, std::vector<uint64_t> bounds,
                       std::string folder)
    : schema_(*schema->AddField(0, arrow::field("zorder key", arrow::uint64()))),
      bounds_(std::move(bounds)),
      folder_(std::move(folder)) {
  for (size_t i = 0; i <= bounds_.size(); ++i) buckets_.push_back(std::make_unique<Bucket>());
}

KeyBuckets::~KeyBuckets() {
  for (const auto& bucket : buckets_) {
    std::error_code ignored;
    bucket->writer.reset();
    bucket->output.reset();
    if (!bucket->path.empty()) std::filesystem::remove(bucket->path, ignored);
  }
  std::error_code ignored;
  if (!bounds_.empty()) std::filesystem::remove(folder_, ignored);  // when it is empty
}

Status KeyBuckets::Spill(Bucket* bucket, const std::shared_ptr<arrow::RecordBatch>& rows) {
  if (bucket->writer == nullptr) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) return ErrnoError(error.value(), "creating", folder_);
    bucket->path = folder_ + "/" + NewUuid() + ".arrows";
    PL_ASSIGN_OR_RETURN(bucket->output, arrow::io::FileOutputStream::Open(bucket->path));
    PL_ASSIGN_OR_RETURN(bucket->writer, arrow::ipc::MakeStreamWriter(bucket->output, schema_));
  }
  return bucket->writer->WriteRecordBatch(*rows);
}

Status KeyBuckets::Add(const arrow::RecordBatch& rows, const std::vector<uint64_t>& keys) {
  arrow::UInt64Builder builder;
  PL_RETURN_NOT_OK(builder.AppendValues(keys));
  PL_ASSIGN_OR_RETURN(const auto array, builder.Finish());
  PL_ASSIGN_OR_RETURN(const auto with_key, rows.AddColumn(0, schema_->field(0), array));
  if (bounds_.empty()) {
    buckets_[0]->batches.push_back(with_key);
    return Status::OK();
  }
  std::vector<arrow::Int64Builder> selections(buckets_.size());
  for (size_t row = 0; row < keys.size(); ++row) {
    const auto bucket = std::upper_bound(bounds_.begin(), bounds_.end(), keys[row]) - bounds_.begin();
    PL_RETURN_NOT_OK(selections[static_cast<size_t>(bucket)].Append(static_cast<int64_t>(row)));
  }
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (selections[i].length() == 0) continue;
    PL_ASSIGN_OR_RETURN(const auto indices, selections[i].Finish());
    PL_ASSIGN_OR_RETURN(const arrow::Datum chosen, arrow::compute::Take(with_key, indices));
    PL_RETURN_NOT_OK(Spill(buckets_[i].get(), chosen.record_batch()));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> KeyBuckets::Sorted(Bucket* bucket) {
  arrow::RecordBatchVector batches = std::move(bucket->batches);
  bucket->batches.clear();
  if (bucket->writer != nullptr) {
    PL_RETURN_NOT_OK(bucket->writer->Close());
    PL_RETURN_NOT_OK(bucket->output->Close());
    PL_ASSIGN_OR_RETURN(auto input, arrow::io::ReadableFile::Open(bucket->path));
    PL_ASSIGN_OR_RETURN(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(std::move(input)));
    PL_ASSIGN_OR_RETURN(batches, reader->ToRecordBatches());
  }
  PL_ASSIGN_OR_RETURN(auto table, arrow::Table::FromRecordBatches(schema_, batches));
  batches.clear();
  PL_ASSIGN_OR_RETURN(auto rows, table->CombineChunksToBatch());
  table.reset();
  PL_ASSIGN_OR_RETURN(const auto order, arrow::compute::SortIndices(*rows->column(0)));
  PL_ASSIGN_OR_RETURN(rows, rows->RemoveColumn(0));
  PL_ASSIGN_OR_RETURN(const arrow::Datum sorted, arrow::compute::Take(rows, order));
  return sorted.record_batch();
}

Status KeyBuckets::ForEach(const std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>& body) {
  for (const auto& bucket : buckets_) {
    PL_ASSIGN_OR_RETURN(const auto rows, Sorted(bucket.get()));
    if (rows->num_rows() > 0) PL_RETURN_NOT_OK(body(rows));
  }
  return Status::OK();
}

}  // namespace pixlake::table
