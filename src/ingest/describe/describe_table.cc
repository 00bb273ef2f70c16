// Images that a table of a lake holds, described by its own bytes.
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "ingest/describe/describe.h"
#include "ingest/describe/describer_internal.h"
#include "lake/lake_tables.h"
#include "table/row/row_gate.h"

namespace pixlake::ingest {
namespace {

// What one thread holds of a table at a time, of the memory.
constexpr int64_t kShare = 4;

std::string_view TextAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*batch.column(column));
  return texts.IsNull(row) ? std::string_view() : texts.GetView(row);
}

class TableRun {
 public:
  TableRun(lake::OpenedLakeTable table, const DescribeOptions& options)
      : table_(std::move(table)), options_(options), describer_(options) {}

  Result<DescribeReport> Run(const std::string& success, const std::string& failure) {
    PL_RETURN_NOT_OK(describer_.Start(success, failure));
    return describer_.Finish(ReadFiles());
  }

 private:
  // File by file: which of its rows are new is found out without reading an image.
  Status ReadFiles() {
    PL_ASSIGN_OR_RETURN(const table::ScanPlan places, Plan({"source", table::kPositionColumn}));
    PL_ASSIGN_OR_RETURN(const table::ScanPlan images,
                        Plan({"source", "id", "filename", "content_uri", "content"}));
    for (size_t i = 0; i < places.tasks.size(); ++i) {
      PL_ASSIGN_OR_RETURN(auto rows, NewRows(places, places.tasks[i]));
      if (rows.empty()) continue;
      table::ScanTask task = images.tasks[i];
      task.selected_rows = std::make_shared<const std::vector<uint64_t>>(std::move(rows));
      PL_ASSIGN_OR_RETURN(const bool going_on, ReadImages(images, task));
      if (!going_on) return Status::OK();
    }
    return Status::OK();
  }

  Result<table::ScanPlan> Plan(std::vector<std::string> columns) const {
    table::ScanRequest request;
    request.columns = std::move(columns);
    request.batch_bytes = options_.memory.content / kShare;
    return table_.snapshot->PlanScan(request);
  }

  Result<std::vector<uint64_t>> NewRows(const table::ScanPlan& plan, const table::ScanTask& task) {
    std::vector<uint64_t> rows;
    PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(table_.place.store, plan, task));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_RETURN_NOT_OK(reader->ReadNext(&batch));
      if (batch == nullptr) return rows;
      const auto& positions = static_cast<const arrow::Int64Array&>(*batch->column(1));
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        if (describer_.IsNew(std::string(TextAt(*batch, 0, row))))
          rows.push_back(static_cast<uint64_t>(positions.Value(row)));
      }
    }
  }

  // False when the work was given up.
  Result<bool> ReadImages(const table::ScanPlan& plan, const table::ScanTask& task) {
    PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(table_.place.store, plan, task));
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      WorkItem item;
      PL_RETURN_NOT_OK(reader->ReadNext(&item.batch));
      if (item.batch == nullptr) return true;
      const arrow::RecordBatch& batch = *item.batch;
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        StoredImage& image = item.stored.emplace_back();
        image.url = TextAt(batch, 0, row);
        image.id = TextAt(batch, 1, row);
        image.filename = TextAt(batch, 2, row);
        const std::string_view beside = TextAt(batch, 3, row);
        if (!beside.empty()) image.path = table_.place.Child(std::string(beside));
        const std::string_view content = TextAt(batch, 4, row);
        image.bytes = {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
      }
      if (!describer_.Push(std::move(item))) return false;
    }
  }

  const lake::OpenedLakeTable table_;
  const DescribeOptions& options_;
  Describer describer_;
};

}  // namespace

Result<DescribeReport> DescribeLakeImages(const std::string& success, const std::string& failure,
                                          const DescribeOptions& options) {
  PL_ASSIGN_OR_RETURN(lake::OpenedLakeTable table,
                      lake::OpenLakeTable(*options.lake, options.format, {"raw", "images"}));
  if (options.gate) {
    PL_ASSIGN_OR_RETURN(auto gate, options.gate(*table.table));
    table.snapshot = table::Guard(std::move(table.snapshot), std::move(gate));
  }
  TableRun run(std::move(table), options);
  return run.Run(success, failure);
}

}  // namespace pixlake::ingest
