#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/stop/stop_token.h"
#include "base/work/pending.h"
#include "table/rewrite/copy_reader.h"
#include "table/rewrite/rewrite_commit_internal.h"
#include "table/rewrite/zorder_curve.h"
#include "table/rewrite/zorder_rows_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kSampleRows = 50'000;
constexpr int64_t kSliceRows = 16'384;

// The rows of one partition, on their way through the curve.
class Sorter {
 public:
  Sorter(const RewriteContext& context, const std::vector<std::string>& keys, int64_t memory_bytes,
         std::string temp_folder)
      : context_(context), keys_(keys), memory_bytes_(memory_bytes), temp_folder_(std::move(temp_folder)) {}

  ~Sorter() { DeleteStaged(context_.location, scratch_); }

  Result<RewrittenGroup> Run(FileGroup group) {
    PL_RETURN_NOT_OK(Open(group));
    PL_RETURN_NOT_OK(Sample(group));
    PL_RETURN_NOT_OK(Distribute());
    PL_ASSIGN_OR_RETURN(writer_, context_.MakeWriter(group.partition_values, context_.target_file_bytes));
    PL_RETURN_NOT_OK(
        buckets_->ForEach([&](const std::shared_ptr<arrow::RecordBatch>& rows) { return Emit(*rows); }));
    RewrittenGroup out;
    PL_ASSIGN_OR_RETURN(out.staged, writer_->Finish());
    out.rows = rows_;
    out.group = std::move(group);
    return out;
  }

 private:
  // Finds where the blobs are; files in another layout are written anew first.
  Status Open(const FileGroup& group) {
    arrow::FieldVector plain;
    for (int i = 0; i < context_.file_schema->num_fields(); ++i) {
      const auto& field = context_.file_schema->field(i);
      const bool blob = field->type()->id() == arrow::Type::BINARY;
      (blob ? blob_names_.push_back(context_.physical->field(i)->name()) : plain.push_back(field));
    }
    PL_ASSIGN_OR_RETURN(plan_, context_.Plan(group.files));
    if (plan_.gate != nullptr)
      return Error(ErrorCode::kUnsupported, "rows are deleted by their values; compact the table first");
    // Files whose columns are found by id may have any name for them.
    const bool by_id = std::any_of(plan_.mapping.begin(), plan_.mapping.end(),
                                   [](const FieldMapping& mapping) { return mapping.field_id >= 0; });
    if (!by_id) PL_RETURN_NOT_OK(OpenBlobs());
    for (size_t i = 0; i < plan_.tasks.size() && !blob_names_.empty(); ++i) {
      if (by_id || !blobs_.ours()[i]) PL_RETURN_NOT_OK(Convert(&plan_.tasks[i]));
    }
    if (!scratch_.empty()) PL_RETURN_NOT_OK(OpenBlobs());
    plan_.output_schema = arrow::schema(plain);
    arrow::FieldVector fields = plain;
    if (!blob_names_.empty()) {
      fields.push_back(arrow::field("file", arrow::int32()));
      for (size_t i = 0; i < blob_names_.size(); ++i) {
        fields.push_back(arrow::field("offset", arrow::int64()));
        fields.push_back(arrow::field("length", arrow::int64()));
      }
    }
    num_plain_ = static_cast<int>(plain.size());
    row_schema_ = arrow::schema(std::move(fields));
    return Status::OK();
  }

  Status OpenBlobs() {
    if (blob_names_.empty()) return Status::OK();
    std::vector<std::string> paths;
    for (const ScanTask& task : plan_.tasks) paths.push_back(task.path);
    PL_ASSIGN_OR_RETURN(blobs_, BlobFiles::Open(context_.location.store.get(), paths, blob_names_));
    return Status::OK();
  }

  Status Convert(ScanTask* task) {
    PL_ASSIGN_OR_RETURN(auto writer, context_.MakeWriter({}, INT64_MAX));
    PL_ASSIGN_OR_RETURN(auto rows, ReadForCopy(context_.location.store, plan_, *task, context_.batch_bytes));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_RETURN_NOT_OK(rows->ReadNext(&batch));
      if (batch == nullptr) break;
      PL_RETURN_NOT_OK(writer->Write(*batch));
    }
    PL_ASSIGN_OR_RETURN(std::vector<StagedFile> staged, writer->Finish());
    if (staged.empty()) {  // every row was deleted
      task->num_rows = 0;
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{} has no rows left; run OPTIMIZE first", task->path));
    }
    task->path = context_.location.Child(staged[0].name);
    task->size = staged[0].size;
    task->num_rows = staged[0].statistics.num_rows;
    task->deleted_rows = nullptr;
    scratch_.push_back(std::move(staged[0]));
    return Status::OK();
  }

  // The curve from a sample of the keys; how many buckets there must be.
  Status Sample(const FileGroup& group) {
    int64_t total = 0;
    for (const DataFile& file : group.files) total += std::max<int64_t>(file.num_rows, 0);
    const int64_t stride = std::max<int64_t>(1, total / kSampleRows);
    ScanPlan plan = plan_;
    arrow::FieldVector fields;
    for (const std::string& key : keys_) fields.push_back(plan_.table_schema->GetFieldByName(key));
    plan.output_schema = arrow::schema(fields);
    arrow::RecordBatchVector samples;
    int64_t row = 0;
    for (const ScanTask& task : plan.tasks) {
      PL_ASSIGN_OR_RETURN(const auto reader, ReadTask(context_.location.store, plan, task));
      while (true) {
        PL_RETURN_NOT_OK(CheckStopped());
        PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
        if (batch == nullptr) break;
        arrow::Int64Builder chosen;
        for (int64_t i = (stride - row % stride) % stride; i < batch->num_rows(); i += stride) {
          PL_RETURN_NOT_OK(chosen.Append(i));
        }
        row += batch->num_rows();
        PL_ASSIGN_OR_RETURN(const auto indices, chosen.Finish());
        PL_ASSIGN_OR_RETURN(const arrow::Datum taken, arrow::compute::Take(batch, indices));
        samples.push_back(taken.record_batch());
      }
    }
    PL_ASSIGN_OR_RETURN(const auto table, arrow::Table::FromRecordBatches(plan.output_schema, samples));
    PL_ASSIGN_OR_RETURN(const auto sample, table->CombineChunksToBatch());
    PL_ASSIGN_OR_RETURN(curve_, ZOrderCurve::Make(*sample));
    PL_ASSIGN_OR_RETURN(std::vector<uint64_t> keys, curve_->Keys(*sample));
    PL_ASSIGN_OR_RETURN(const int64_t row_bytes, RowBytes());
    const int64_t buckets = std::max<int64_t>(1, row * row_bytes / std::max<int64_t>(1, memory_bytes_ / 8));
    std::sort(keys.begin(), keys.end());
    std::vector<uint64_t> bounds;
    for (int64_t i = 1; i < buckets && !keys.empty(); ++i) {
      const auto at = static_cast<size_t>(i * std::ssize(keys) / buckets);
      if (bounds.empty() || keys[at] > bounds.back()) bounds.push_back(keys[at]);
    }
    buckets_ = std::make_unique<KeyBuckets>(row_schema_, std::move(bounds), temp_folder_);
    return Status::OK();
  }

  // Of everything but blobs, in memory, judged by the first batch.
  Result<int64_t> RowBytes() {
    PL_ASSIGN_OR_RETURN(const auto reader, ReadTask(context_.location.store, plan_, plan_.tasks.front()));
    std::shared_ptr<arrow::RecordBatch> batch;
    PL_RETURN_NOT_OK(reader->ReadNext(&batch));
    const int64_t places = 12 + 16 * std::ssize(blob_names_);
    if (batch == nullptr || batch->num_rows() == 0) return places;
    return places + arrow::util::TotalBufferSize(*batch) / batch->num_rows();
  }

  Status Distribute() {
    for (size_t file = 0; file < plan_.tasks.size(); ++file) {
      const ScanTask& task = plan_.tasks[file];
      std::vector<std::vector<file::BlobPlace>> places;
      for (const std::string& column : blob_names_) {
        PL_ASSIGN_OR_RETURN(auto found, blobs_.Places(file, column));
        DropDeleted(task, &found);
        places.push_back(std::move(found));
      }
      PL_ASSIGN_OR_RETURN(const auto reader, ReadTask(context_.location.store, plan_, task));
      int64_t row = 0;
      while (true) {
        PL_RETURN_NOT_OK(CheckStopped());
        PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
        if (batch == nullptr) break;
        PL_RETURN_NOT_OK(AddRows(*batch, static_cast<int32_t>(file), row, places));
        row += batch->num_rows();
      }
    }
    return Status::OK();
  }

  static void DropDeleted(const ScanTask& task, std::vector<file::BlobPlace>* places) {
    if (task.deleted_rows == nullptr) return;
    size_t kept = 0;
    auto deleted = task.deleted_rows->begin();
    for (size_t row = 0; row < places->size(); ++row) {
      if (deleted != task.deleted_rows->end() && *deleted == row) {
        ++deleted;
      } else {
        (*places)[kept++] = (*places)[row];
      }
    }
    places->resize(kept);
  }

  Status AddRows(const arrow::RecordBatch& batch, int32_t file, int64_t first_row,
                 const std::vector<std::vector<file::BlobPlace>>& places) {
    arrow::ArrayVector columns = batch.columns();
    if (!places.empty()) {
      arrow::Int32Builder files;
      std::vector<int32_t> same(static_cast<size_t>(batch.num_rows()), file);
      PL_RETURN_NOT_OK(files.AppendValues(same));
      columns.push_back(*files.Finish());
    }
    for (const auto& found : places) {
      if (first_row + batch.num_rows() > std::ssize(found)) {
        return Error(ErrorCode::kCorrupt, fmt::format("{} has more rows than images",
                                                      plan_.tasks[static_cast<size_t>(file)].path));
      }
      arrow::Int64Builder offsets, lengths;
      for (int64_t i = first_row; i < first_row + batch.num_rows(); ++i) {
        PL_RETURN_NOT_OK(offsets.Append(found[static_cast<size_t>(i)].offset));
        PL_RETURN_NOT_OK(lengths.Append(found[static_cast<size_t>(i)].length));
      }
      columns.push_back(*offsets.Finish());
      columns.push_back(*lengths.Finish());
    }
    arrow::ArrayVector keys;
    for (const std::string& key : keys_) keys.push_back(batch.GetColumnByName(key));
    arrow::FieldVector fields;
    for (const std::string& key : keys_) fields.push_back(plan_.table_schema->GetFieldByName(key));
    PL_ASSIGN_OR_RETURN(
        const std::vector<uint64_t> on_curve,
        curve_->Keys(*arrow::RecordBatch::Make(arrow::schema(fields), batch.num_rows(), keys)));
    return buckets_->Add(*arrow::RecordBatch::Make(row_schema_, batch.num_rows(), std::move(columns)),
                         on_curve);
  }

  // Rows from `first` whose blobs fit a batch; at least one.
  int64_t SliceOf(const arrow::RecordBatch& rows, int64_t first) const {
    int64_t bytes = 0;
    int64_t row = first;
    for (; row < rows.num_rows() && row - first < kSliceRows; ++row) {
      int64_t row_bytes = 0;
      for (size_t blob = 0; blob < blob_names_.size(); ++blob) {
        const auto& lengths = static_cast<const arrow::Int64Array&>(*rows.column(LengthColumn(blob)));
        row_bytes += std::max<int64_t>(lengths.Value(row), 0);
      }
      if (row > first && bytes + row_bytes > context_.batch_bytes) break;
      bytes += row_bytes;
    }
    return row - first;
  }

  int LengthColumn(size_t blob) const { return num_plain_ + 2 + 2 * static_cast<int>(blob); }

  Result<std::shared_ptr<arrow::RecordBatch>> Fill(const std::shared_ptr<arrow::RecordBatch>& rows) const {
    arrow::ArrayVector columns;
    arrow::FieldVector fields;
    int plain = 0;
    size_t blob = 0;
    for (const auto& field : context_.file_schema->fields()) {
      if (field->type()->id() != arrow::Type::BINARY) {
        columns.push_back(rows->column(plain++));
        fields.push_back(field);
        continue;
      }
      const int length = LengthColumn(blob++);
      PL_ASSIGN_OR_RETURN(auto values,
                          blobs_.Fetch(static_cast<const arrow::Int32Array&>(*rows->column(num_plain_)),
                                       static_cast<const arrow::Int64Array&>(*rows->column(length - 1)),
                                       static_cast<const arrow::Int64Array&>(*rows->column(length))));
      columns.push_back(std::move(values));
      fields.push_back(field->WithType(arrow::binary_view()));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns));
  }

  // Reads the next slice's blobs while this one's are written.
  Status Emit(const arrow::RecordBatch& rows) {
    int64_t next = 0;
    const auto start = [&] {
      const int64_t count = SliceOf(rows, next);
      auto slice = rows.Slice(next, count);
      next += count;
      return StartWork(WorkKind::kIo, [this, slice = std::move(slice)] { return Fill(slice); });
    };
    auto pending = start();
    while (pending.valid()) {
      Result<std::shared_ptr<arrow::RecordBatch>> batch = pending.Get();
      PL_RETURN_NOT_OK(batch.status());
      PL_RETURN_NOT_OK(CheckStopped());
      if (next < rows.num_rows()) pending = start();
      PL_RETURN_NOT_OK(writer_->Write(**batch));
      rows_ += (*batch)->num_rows();
      if (context_.progress) context_.progress((*batch)->num_rows(), 0);
    }
    return Status::OK();
  }

  const RewriteContext& context_;
  const std::vector<std::string>& keys_;
  const int64_t memory_bytes_;
  const std::string temp_folder_;
  ScanPlan plan_;  // its output: everything but blobs
  std::vector<std::string> blob_names_;
  BlobFiles blobs_;
  std::vector<StagedFile> scratch_;  // files of ours made from foreign ones
  std::shared_ptr<arrow::Schema> row_schema_;
  int num_plain_ = 0;
  std::optional<ZOrderCurve> curve_;
  std::unique_ptr<KeyBuckets> buckets_;
  std::unique_ptr<DataFileWriter> writer_;
  int64_t rows_ = 0;
};

Status CheckKeys(const RewriteContext& context, const std::vector<std::string>& keys) {
  if (keys.empty()) return Error(ErrorCode::kUsage, "by which columns? Z-order needs at least one");
  for (const std::string& key : keys) {
    const auto field = context.file_schema->GetFieldByName(key);
    if (field == nullptr) {
      return Error(ErrorCode::kUsage, fmt::format("`{}` is no column of the data files, which have {}", key,
                                                  fmt::join(context.file_schema->field_names(), ", ")));
    }
    if (!HasOrder(*field->type())) {
      return Error(ErrorCode::kUsage, fmt::format("column `{}` has type {}, whose values have no order", key,
                                                  field->type()->ToString()));
    }
  }
  return Status::OK();
}

std::string JsonList(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += out.empty() ? "\"" : ",\"";
    for (const char c : name) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    out += '"';
  }
  return "[" + out + "]";
}

}  // namespace

Result<RewriteReport> ZOrder(Table* table, const ZOrderRequest& request, const RewriteOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  const int64_t target = request.target_file_bytes.value_or(TargetFileBytes(snapshot->definition()));
  PL_ASSIGN_OR_RETURN(const std::vector<DataFile> files,
                      request.select ? request.select(*snapshot) : snapshot->Files());
  RewriteOptions used = options;
  std::vector<FileGroup> groups = GroupByPartition(files);
  used.threads = static_cast<int>(
      std::clamp<size_t>(groups.size(), 1, static_cast<size_t>(std::max(1, options.threads))));
  PL_ASSIGN_OR_RETURN(const RewriteContext context, RewriteContext::Make(*table, snapshot, target, used));
  PL_RETURN_NOT_OK(CheckKeys(context, request.columns));
  if (groups.empty()) {
    RewriteReport report;
    report.version = snapshot->version();
    return report;
  }
  const int64_t share = options.memory_bytes / used.threads;
  PL_ASSIGN_OR_RETURN(
      std::vector<RewrittenGroup> done,
      RewriteGroups(context, std::move(groups), used.threads,
                    [&](const RewriteContext& common, FileGroup group) -> Result<RewrittenGroup> {
                      PL_ASSIGN_OR_RETURN(const RewriteContext own, common.For(group));
                      return Sorter(own, request.columns, share, options.temp_folder).Run(std::move(group));
                    }));
  for (RewrittenGroup& group : done) {
    for (StagedFile& file : group.staged) file.clustering_provider = request.clustering_provider;
  }
  const bool clusters = request.clustering_provider.has_value();
  return CommitRewrite(table, context, std::move(done),
                       {{"predicate", request.predicate_text},
                        {"auto", "false"},
                        {"clusterBy", clusters ? JsonList(request.columns) : "[]"},
                        {"zOrderBy", clusters ? "[]" : JsonList(request.columns)}});
}

}  // namespace pixlake::table
