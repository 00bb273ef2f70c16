#include "table/data_file_writer.h"

#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "table/partition_folder_internal.h"

namespace pixlake::table {
namespace {

class Writer : public DataFileWriter {
 public:
  Writer(io::Location table, std::shared_ptr<arrow::Schema> schema, DataFileOptions options)
      : table_(std::move(table)), schema_(std::move(schema)), options_(std::move(options)) {}

  ~Writer() override {
    open_.reset();
    // Best effort: what stays is in no snapshot and goes with the next VACUUM.
    for (const StagedFile& file : finished_) (void)table_.store->Delete(table_.Child(file.name));
  }

  Status Write(const arrow::RecordBatch& batch) override {
    if (open_ == nullptr) {
      name_ = PartitionFolder(options_.partition_values) + NewDataFileName();
      PL_ASSIGN_OR_RETURN(auto output, table_.store->Create(table_.Child(name_)));
      PL_ASSIGN_OR_RETURN(open_, file::BlobParquetWriter::Open(std::move(output), schema_, options_.parquet));
    }
    PL_RETURN_NOT_OK(open_->Write(batch));
    return open_->bytes() >= options_.target_file_bytes ? CloseFile() : Status::OK();
  }

  Result<std::vector<StagedFile>> Finish() override {
    if (open_ != nullptr) PL_RETURN_NOT_OK(CloseFile());
    return std::exchange(finished_, {});
  }

 private:
  Status CloseFile() {
    const std::unique_ptr<file::BlobParquetWriter> writer = std::exchange(open_, nullptr);
    PL_ASSIGN_OR_RETURN(file::WrittenFile written, writer->Close());
    StagedFile staged;
    staged.name = name_;
    staged.size = written.size;
    staged.modified_ms = NowMillis();
    staged.statistics = std::move(written.statistics);
    staged.partition_values = options_.partition_values;
    finished_.push_back(std::move(staged));
    return Status::OK();
  }

  const io::Location table_;
  const std::shared_ptr<arrow::Schema> schema_;
  const DataFileOptions options_;
  std::string name_;
  std::unique_ptr<file::BlobParquetWriter> open_;
  std::vector<StagedFile> finished_;
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
