#include "table/scan.h"

#include <algorithm>

#include <arrow/api.h>
#include <arrow/util/string.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "table/read/late_blobs_internal.h"
#include "table/read/task_reader_internal.h"
#include "table/reserved_names.h"
#include "table/row/gated_reader_internal.h"
#include "table/table.h"

namespace pixlake::table {
namespace {

// Opens one task after the other, each only when the one before has ended.
class PlanReader : public arrow::RecordBatchReader {
 public:
  PlanReader(std::shared_ptr<io::Store> store, std::shared_ptr<const ScanPlan> plan)
      : store_(std::move(store)), plan_(std::move(plan)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return plan_->output_schema; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    for (;;) {
      if (reader_ == nullptr) {
        if (next_ == plan_->tasks.size()) return Status::OK();
        PL_ASSIGN_OR_RETURN(reader_, ReadTask(store_, *plan_, plan_->tasks[next_++]));
      }
      PL_RETURN_NOT_OK(reader_->ReadNext(out));
      if (*out != nullptr) return Status::OK();
      reader_.reset();
    }
  }

 private:
  std::shared_ptr<io::Store> store_;
  std::shared_ptr<const ScanPlan> plan_;
  size_t next_ = 0;
  std::unique_ptr<arrow::RecordBatchReader> reader_;
};

constexpr std::string_view kReserved = "__pixlake_";

}  // namespace

bool IsReservedName(std::string_view name) {
  return name.size() >= kReserved.size() &&
         arrow::internal::AsciiEqualsCaseInsensitive(name.substr(0, kReserved.size()), kReserved);
}

Result<std::shared_ptr<arrow::Schema>> OutputSchema(const std::shared_ptr<arrow::Schema>& table,
                                                    const std::optional<std::vector<std::string>>& columns,
                                                    const std::string& place) {
  for (const auto& field : table->fields()) {
    if (!IsReservedName(field->name())) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} has a column `{}`: names that begin with __pixlake_ are kept for the "
                             "engine's own columns; rename it with what wrote it",
                             place, field->name()));
  }
  if (!columns) return table;
  arrow::FieldVector fields;
  for (const std::string& name : *columns) {
    std::shared_ptr<arrow::Field> field = table->GetFieldByName(name);
    if (name == kFileColumn || name == kPositionColumn) field = arrow::field(name, arrow::int64(), false);
    if (field == nullptr) {
      return Error(ErrorCode::kUsage, fmt::format("{} has no column `{}`; it has {}", place, name,
                                                  fmt::join(table->field_names(), ", ")));
    }
    fields.push_back(std::move(field));
  }
  return arrow::schema(std::move(fields));
}

std::optional<int64_t> Snapshot::EstimatedRows() const {
  const auto totals = Totals();
  return totals.ok() ? totals->num_rows : std::nullopt;
}

Result<std::unique_ptr<arrow::RecordBatchReader>> ReadTask(const std::shared_ptr<io::Store>& store,
                                                           const ScanPlan& plan, const ScanTask& task) {
  if (plan.gate != nullptr) return ReadGated(store, plan, task);
  if (task.format != FileFormat::kParquet) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is {}; data files are read as Parquet alone", task.path,
                             task.format == FileFormat::kOrc ? "ORC" : "Avro"));
  }
  const std::shared_ptr<io::Store>& place = StoreOf(task, store);
  PL_ASSIGN_OR_RETURN(auto late, LateBlobReader::Open(place, plan, task));
  if (late != nullptr) return late;
  auto reader = std::make_unique<TaskReader>(plan, task);
  PL_RETURN_NOT_OK(reader->Open(place));
  return std::unique_ptr<arrow::RecordBatchReader>(std::move(reader));
}

Result<std::unique_ptr<arrow::RecordBatchReader>> ReadAll(const std::shared_ptr<io::Store>& store,
                                                          std::shared_ptr<const ScanPlan> plan) {
  return std::unique_ptr<arrow::RecordBatchReader>(std::make_unique<PlanReader>(store, std::move(plan)));
}

}  // namespace pixlake::table
