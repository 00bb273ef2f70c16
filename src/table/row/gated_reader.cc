#include <utility>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>

#include "table/row/gated_reader_internal.h"

namespace pixlake::table {
namespace {

class GatedReader : public arrow::RecordBatchReader {
 public:
  explicit GatedReader(const ScanPlan& plan) : gate_(plan.gate), schema_(plan.output_schema) {
    // All but the tasks, and with the columns by which the gate decides.
    plan_.table_schema = plan.table_schema;
    plan_.output_schema = plan.read_schema;
    plan_.mapping = plan.mapping;
    plan_.predicate = plan.predicate;
    plan_.batch_rows = plan.batch_rows;
    plan_.batch_bytes = plan.batch_bytes;
  }

  Status Open(const std::shared_ptr<io::Store>& store, const ScanTask& task) {
    for (const auto& field : schema_->fields()) {
      const int at = plan_.output_schema->GetFieldIndex(field->name());
      if (at < 0) return Error(ErrorCode::kInternal, fmt::format("column `{}` was not read", field->name()));
      columns_.push_back(at);
    }
    return ReadTask(store, plan_, task).Value(&rows_);
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    while (true) {
      PL_ASSIGN_OR_RETURN(auto batch, rows_->Next());
      if (batch == nullptr) {
        *out = nullptr;
        return Status::OK();
      }
      PL_ASSIGN_OR_RETURN(batch, gate_->Pass(std::move(batch)));
      if (!batch->schema()->Equals(*plan_.output_schema, /*check_metadata=*/false))
        return Error(ErrorCode::kInternal, "a gate gave other columns than it was given");
      if (batch->num_rows() == 0) continue;
      arrow::ArrayVector columns;
      for (const int at : columns_) columns.push_back(batch->column(at));
      *out = arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
      return Status::OK();
    }
  }

 private:
  const std::shared_ptr<const RowGate> gate_;
  const std::shared_ptr<arrow::Schema> schema_;
  ScanPlan plan_;
  std::vector<int> columns_;  // of what is read, in the order wanted
  std::unique_ptr<arrow::RecordBatchReader> rows_;
};

}  // namespace

Result<std::unique_ptr<arrow::RecordBatchReader>> ReadGated(const std::shared_ptr<io::Store>& store,
                                                            const ScanPlan& plan, const ScanTask& task) {
  auto reader = std::make_unique<GatedReader>(plan);
  PL_RETURN_NOT_OK(reader->Open(store, task));
  return std::unique_ptr<arrow::RecordBatchReader>(std::move(reader));
}

}  // namespace pixlake::table
