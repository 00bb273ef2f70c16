#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/stop/stop_token.h"
#include "table/rewrite/copy_reader.h"
#include "table/rewrite/group_writer_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kMaxBatchBytes = int64_t{8} << 20;
constexpr int64_t kMinBatchBytes = int64_t{1} << 20;
constexpr int64_t kMaxRowGroupBytes = int64_t{128} << 20;
constexpr int64_t kMinRowGroupBytes = int64_t{4} << 20;

// The texts that have a bloom filter in a file: who finds rows by them wants to go on so.
Result<std::vector<std::string>> BloomFilterColumns(io::Store* store, const std::string& path) {
  std::vector<std::string> names;
  PL_ASSIGN_OR_RETURN(auto input, store->OpenInput(path));
  try {
    const auto metadata = parquet::ParquetFileReader::Open(std::move(input))->metadata();
    for (int i = 0; metadata->num_row_groups() > 0 && i < metadata->num_columns(); ++i) {
      const parquet::ColumnDescriptor* column = metadata->schema()->Column(i);
      const bool text = column->logical_type() != nullptr && column->logical_type()->is_string();
      const bool top = column->path()->ToDotVector().size() == 1;
      if (text && top && metadata->RowGroup(0)->ColumnChunk(i)->bloom_filter_offset()) {
        names.push_back(column->name());
      }
    }
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, fmt::format("{} is no readable Parquet file: {}", path, error.what()));
  }
  return names;
}

}  // namespace

Result<RewriteContext> RewriteContext::Make(const Table& table, std::shared_ptr<const Snapshot> snapshot,
                                            int64_t target_file_bytes, const RewriteOptions& options) {
  RewriteContext context;
  context.location = table.location();
  context.target_file_bytes = target_file_bytes;
  context.progress = options.progress;
  const TableDefinition& definition = snapshot->definition();
  PL_ASSIGN_OR_RETURN(const auto physical, snapshot->FileSchema());
  arrow::FieldVector fields, physical_fields;
  for (int i = 0; i < definition.schema->num_fields(); ++i) {
    const auto& field = definition.schema->field(i);
    const auto& partitions = definition.partition_columns;
    if (std::find(partitions.begin(), partitions.end(), field->name()) == partitions.end()) {
      fields.push_back(field);
      physical_fields.push_back(physical->field(i));
    }
  }
  context.file_schema = arrow::schema(std::move(fields));
  context.physical = arrow::schema(std::move(physical_fields));
  const int64_t share = options.memory_bytes / std::max(1, options.threads);
  // A batch is held twice for a moment, and write-behind and page blocks come on top.
  context.batch_bytes = std::clamp(share / 16, kMinBatchBytes, kMaxBatchBytes);
  // Files close between batches: small ones are met by small batches.
  context.batch_bytes = std::min(context.batch_bytes, std::max<int64_t>(target_file_bytes / 8, 64 << 10));
  context.row_group_bytes = std::clamp(share / 4, kMinRowGroupBytes, kMaxRowGroupBytes);
  context.snapshot = std::move(snapshot);
  return context;
}

Result<RewriteContext> RewriteContext::For(const FileGroup& group) const {
  RewriteContext own = *this;
  PL_ASSIGN_OR_RETURN(own.bloom_filter_columns,
                      BloomFilterColumns(location.store.get(), group.files.front().path));
  std::erase_if(own.bloom_filter_columns,
                [&](const std::string& name) { return physical->GetFieldIndex(name) < 0; });
  return own;
}

Result<ScanPlan> RewriteContext::Plan(const std::vector<DataFile>& files) const {
  ScanRequest request;
  request.columns = file_schema->field_names();
  request.batch_bytes = batch_bytes;
  return snapshot->PlanFiles(request, files);
}

Result<std::unique_ptr<DataFileWriter>> RewriteContext::MakeWriter(const PartitionText& partition,
                                                                   int64_t target_bytes) const {
  DataFileOptions options;
  options.target_file_bytes = target_bytes;
  options.partition_values = partition;
  options.file_schema = physical;
  options.parquet.row_group_bytes = row_group_bytes;
  options.parquet.bloom_filter_columns = bloom_filter_columns;
  return DataFileWriter::Make(location, file_schema, options);
}

void DeleteStaged(const io::Location& location, const std::vector<StagedFile>& files) {
  // Best effort: what stays is in no snapshot and goes with the next VACUUM.
  for (const StagedFile& file : files) (void)location.store->Delete(location.Child(file.name));
}

Result<RewrittenGroup> CopyGroup(const RewriteContext& context, FileGroup group) {
  PL_ASSIGN_OR_RETURN(const RewriteContext own, context.For(group));
  // A group is meant to be one file, also where it grows a little by being written anew.
  PL_ASSIGN_OR_RETURN(auto writer, own.MakeWriter(group.partition_values, 2 * own.target_file_bytes));
  PL_ASSIGN_OR_RETURN(const ScanPlan plan, own.Plan(group.files));
  RewrittenGroup out;
  for (const ScanTask& task : plan.tasks) {
    PL_ASSIGN_OR_RETURN(auto rows, ReadForCopy(own.location.store, plan, task, own.batch_bytes));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_RETURN_NOT_OK(rows->ReadNext(&batch));
      if (batch == nullptr) break;
      PL_RETURN_NOT_OK(writer->Write(*batch));
      out.rows += batch->num_rows();
      if (own.progress) own.progress(batch->num_rows(), 0);
    }
  }
  PL_ASSIGN_OR_RETURN(out.staged, writer->Finish());
  out.group = std::move(group);
  return out;
}

}  // namespace pixlake::table
