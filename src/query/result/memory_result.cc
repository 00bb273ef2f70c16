#include "query/result/memory_result.h"

#include <utility>

#include <arrow/table.h>

namespace pixlake::query {
namespace {

class RowsInMemory : public QueryResult {
 public:
  explicit RowsInMemory(std::shared_ptr<arrow::Table> rows) : rows_(std::move(rows)), reader_(rows_) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override { return reader_.ReadNext(batch); }
  bool has_rows() const override { return true; }
  ScanTotals scan_totals() const override { return {}; }

 private:
  const std::shared_ptr<arrow::Table> rows_;
  arrow::TableBatchReader reader_;
};

}  // namespace

Result<std::unique_ptr<QueryResult>> MemoryResult(std::shared_ptr<arrow::Table> rows) {
  return std::unique_ptr<QueryResult>(std::make_unique<RowsInMemory>(std::move(rows)));
}

}  // namespace pixlake::query
