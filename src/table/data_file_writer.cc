#include "table/data_file_writer.h"

#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "base/work/pending.h"
#include "table/file_schema.h"
#include "table/partition/partition_folder_internal.h"

namespace pixlake::table {
namespace {

class Writer : public DataFileWriter {
 public:
  Writer(io::Location table, std::shared_ptr<arrow::Schema> schema, DataFileOptions options)
      : table_(std::move(table)), schema_(std::move(schema)), options_(std::move(options)) {}

  ~Writer() override {
    (void)WaitForClosing();
    open_.reset();
    // Best effort: what stays is in no snapshot and goes with the next VACUUM.
    for (const StagedFile& file : finished_) (void)table_.store->Delete(table_.Child(file.name));
  }

  Status Write(const arrow::RecordBatch& batch) override {
    PL_RETURN_NOT_OK(failed_);
    return Remember(WriteBatch(batch));
  }

  Result<std::vector<StagedFile>> Finish() override {
    PL_RETURN_NOT_OK(failed_);
    if (open_ != nullptr) PL_RETURN_NOT_OK(Remember(CloseFile()));
    PL_RETURN_NOT_OK(Remember(WaitForClosing()));
    return std::exchange(finished_, {});
  }

 private:
  // After an error files are missing or cut short: there must be no Finish() then.
  Status Remember(Status status) {
    if (!status.ok() && CodeOf(status) != ErrorCode::kUsage) failed_ = status;
    return status;
  }

  Status WriteBatch(const arrow::RecordBatch& given) {
    std::shared_ptr<arrow::RecordBatch> renamed;
    if (options_.file_schema != nullptr) {
      PL_ASSIGN_OR_RETURN(renamed, AsFilesHaveIt(given, *options_.file_schema));
    }
    const arrow::RecordBatch& batch = renamed == nullptr ? given : *renamed;
    if (open_ == nullptr) {
      name_ = options_.folder + PartitionFolder(options_.partition_values) + NewDataFileName();
      PL_ASSIGN_OR_RETURN(auto output, table_.store->Create(table_.Child(name_)));
      const auto& schema = options_.file_schema == nullptr ? schema_ : options_.file_schema;
      PL_ASSIGN_OR_RETURN(open_, file::BlobParquetWriter::Open(std::move(output), schema, options_.parquet));
    }
    PL_RETURN_NOT_OK(open_->Write(batch));
    return open_->bytes() >= options_.target_file_bytes ? CloseFile() : Status::OK();
  }

  Status CloseFile() {
    const std::unique_ptr<file::BlobParquetWriter> writer = std::exchange(open_, nullptr);
    std::unique_ptr<io::OutputFile> output;
    PL_ASSIGN_OR_RETURN(file::WrittenFile written, writer->Finish(&output));
    // One file at a time, or a slow disk would let what is not synced grow.
    PL_RETURN_NOT_OK(WaitForClosing());
    StagedFile staged;
    staged.name = name_;
    staged.size = written.size;
    staged.modified_ms = NowMillis();
    staged.statistics = std::move(written.statistics);
    staged.partition_values = options_.partition_values;
    // Known from here on, so that it is deleted whatever becomes of its closing.
    finished_.push_back(std::move(staged));
    return StartClosing(std::move(output));
  }

  // Waiting for the disk overlaps with what the next file's rows cost.
  Status StartClosing(std::unique_ptr<io::OutputFile> output) {
    const std::shared_ptr<io::OutputFile> file = std::move(output);
    closing_ = StartWork(WorkKind::kIo, [file] { return file->Close(); });
    return closing_.has_thread() ? Status::OK() : closing_.Get();
  }

  Status WaitForClosing() { return closing_.valid() ? closing_.Get() : Status::OK(); }

  const io::Location table_;
  const std::shared_ptr<arrow::Schema> schema_;
  const DataFileOptions options_;
  std::string name_;
  std::unique_ptr<file::BlobParquetWriter> open_;
  std::vector<StagedFile> finished_;  // written; the last one may still be closing
  Pending<Status> closing_;
  Status failed_;
};

}  // namespace

std::string NewDataFileName() {
  return NewUuid() + "-0_0-0-0_" + FormatInstant(NowMillis()) + ".parquet";
}

Result<std::unique_ptr<DataFileWriter>> DataFileWriter::Make(io::Location table,
                                                             std::shared_ptr<arrow::Schema> schema,
                                                             DataFileOptions options) {
  if (options.target_file_bytes <= 0 || options.parquet.row_group_bytes <= 0 ||
      options.parquet.page_bytes <= 0) {
    return Error(ErrorCode::kUsage, "file, row group and page sizes must be more than 0 bytes");
  }
  for (auto& [column, value] : options.partition_values) {
    // Delta has no empty partition value: it reads as null, so let it be one.
    if (value == "") value = std::nullopt;
    if (schema->GetFieldIndex(column) >= 0) {
      return Error(ErrorCode::kUsage,
                   "partition column '" + column + "' stands in the schema of the data files too");
    }
  }
  return std::unique_ptr<DataFileWriter>(
      std::make_unique<Writer>(std::move(table), std::move(schema), std::move(options)));
}

}  // namespace pixlake::table
