#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/clock.h"
#include "ingest/describe/lake_sink_internal.h"
#include "ingest/lake/metadata_rows_internal.h"
#include "lake/lake_tables.h"
#include "table/data_file_writer.h"
#include "table/scan.h"

namespace pixlake::ingest {
namespace {

class LakeSink : public sink::Sink {
 public:
  LakeSink(lake::OpenedLakeTable table, int64_t memory_bytes)
      : table_(std::move(table)), memory_bytes_(memory_bytes) {}

  bool takes_values() const override { return true; }

  Status Known(const std::function<void(sink::UrlKey)>& on_key) override {
    table::ScanRequest request;
    request.columns = {"url"};
    PL_ASSIGN_OR_RETURN(table::ScanPlan plan, table_.snapshot->PlanScan(request));
    PL_ASSIGN_OR_RETURN(
        const auto reader,
        table::ReadAll(table_.place.store, std::make_shared<table::ScanPlan>(std::move(plan))));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      PL_RETURN_NOT_OK(reader->ReadNext(&batch));
      if (batch == nullptr) return Status::OK();
      const auto& urls = static_cast<const arrow::StringArray&>(*batch->column(0));
      for (int64_t i = 0; i < urls.length(); ++i) {
        if (urls.IsValid(i)) on_key(sink::KeyOf(urls.GetView(i)));
      }
    }
  }

  Status Write(sink::Rows rows) override {
    if (rows.empty()) return Status::OK();
    if (writer_ == nullptr) {
      const int64_t now_ms = NowMillis();
      table::DataFileOptions file;
      file.parquet.row_group_bytes =
          std::clamp<int64_t>(memory_bytes_, int64_t{1} << 20, file.parquet.row_group_bytes);
      file.parquet.bloom_filter_columns = {"id"};
      file.partition_values = {{"date_partition", FormatTimestamp(now_ms).substr(0, 10)}};
      described_at_us_ = now_ms * 1000;
      PL_ASSIGN_OR_RETURN(writer_, table::DataFileWriter::Make(table_.place, table_.file_schema, file));
    }
    PL_ASSIGN_OR_RETURN(const auto batch,
                        BuildMetadataRows(table_.file_schema, rows.values, described_at_us_));
    staged_ += batch->num_rows();
    return writer_->Write(*batch);
  }

  Status Flush() override {
    if (writer_ == nullptr) return Status::OK();
    const auto writer = std::move(writer_);
    PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
    PL_ASSIGN_OR_RETURN(table_.snapshot, table_.table->Load());
    PL_ASSIGN_OR_RETURN(const auto transaction, table_.table->BeginAppend(table_.snapshot));
    for (table::StagedFile& file : files) transaction->Append(std::move(file));
    transaction->SetOperation({"WRITE", {{"mode", "Append"}}, {}});
    PL_RETURN_NOT_OK(transaction->Commit().status());
    written_ += std::exchange(staged_, 0);
    return Status::OK();
  }

  // Rows are of successes, which are never described again.
  Status Supersede(const sink::UrlSet&) override { return Flush(); }

  int64_t parts() const override { return written_; }

 private:
  lake::OpenedLakeTable table_;
  const int64_t memory_bytes_;
  std::unique_ptr<table::DataFileWriter> writer_;
  int64_t described_at_us_ = 0;
  int64_t staged_ = 0;
  int64_t written_ = 0;
};

}  // namespace

Result<std::unique_ptr<sink::Sink>> OpenLakeSink(const catalog::Lake& lake, table::TableFormat* format,
                                                 int64_t memory_bytes) {
  PL_ASSIGN_OR_RETURN(lake::OpenedLakeTable table, lake::OpenLakeTable(lake, format, {"raw", "metadata"}));
  return std::make_unique<LakeSink>(std::move(table), memory_bytes);
}

}  // namespace pixlake::ingest
