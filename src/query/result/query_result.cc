#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <arrow/api.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/util/key_value_metadata.h>

#include "base/stop/stop_token.h"
#include "base/work/pending.h"
#include "query/result/plain_types_internal.h"
#include "query/result/query_result_internal.h"

namespace pixlake::query {
namespace {

// Interrupts a connection's query once a signal has come, for as long as it lives.
class InterruptWatch {
 public:
  explicit InterruptWatch(duckdb_connection connection)
      : watching_(StartWork(WorkKind::kLoop, [this, connection] { return Watch(connection), true; })) {}

  ~InterruptWatch() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_one();
    watching_ = {};
  }

 private:
  void Watch(duckdb_connection connection) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(50), [this] { return done_; })) {
      if (CurrentStopToken().stopped()) duckdb_interrupt(connection);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  pixlake::Pending<bool> watching_;
};

class Rows : public QueryResult {
 public:
  Rows(duckdb_connection connection, Prepared statement, std::shared_ptr<ScanContext> context, EditedText sql,
       std::vector<std::string> kinds)
      : statement_(std::move(statement)),
        context_(std::move(context)),
        sql_(std::move(sql)),
        kinds_(std::move(kinds)),
        carried_(context_->carried()),
        watch_(connection) {}

  Status Start();
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override;
  bool has_rows() const override { return has_rows_; }
  ScanTotals scan_totals() const override { return context_->totals(); }

 private:
  Status MakeSchema();
  Status ReadChunk(std::shared_ptr<arrow::RecordBatch>* out);
  // Why the statement failed: a callback's own error, a signal, or what DuckDB says.
  Status Failure(const char* message) const;

  Prepared statement_;
  std::shared_ptr<ScanContext> context_;
  const EditedText sql_;
  const std::vector<std::string> kinds_;
  OwnedResult result_;
  ArrowOptions options_;
  std::shared_ptr<arrow::Schema> schema_;
  // Blobs that are carried, and the rows of whose batch some are handed out.
  const std::shared_ptr<CarriedBlobs> carried_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t next_row_ = 0;
  bool has_rows_ = false;
  InterruptWatch watch_;
};

Status Rows::Failure(const char* message) const {
  PL_RETURN_NOT_OK(CheckStopped());
  PL_RETURN_NOT_OK(context_->failure());
  return DuckDbError(message, &sql_);
}

Status Rows::Start() {
  Pending pending;
  if (duckdb_pending_prepared_streaming(statement_.get(), pending.out()) != DuckDBSuccess) {
    return Failure(duckdb_pending_error(pending.get()));
  }
  if (duckdb_execute_pending(pending.get(), result_.get()) != DuckDBSuccess) {
    return Failure(duckdb_result_error(result_.get()));
  }
  has_rows_ = duckdb_result_return_type(*result_.get()) != DUCKDB_RESULT_TYPE_NOTHING;
  if (has_rows_) return MakeSchema();
  schema_ = arrow::schema(arrow::FieldVector{});
  return Status::OK();
}

Status Rows::MakeSchema() {
  options_ = ArrowOptions(duckdb_result_get_arrow_options(result_.get()));
  const idx_t count = duckdb_column_count(result_.get());
  std::vector<LogicalType> types;
  std::vector<duckdb_logical_type> handles;
  std::vector<const char*> names;
  for (idx_t i = 0; i < count; ++i) {
    types.emplace_back(duckdb_column_logical_type(result_.get(), i));
    handles.push_back(types.back().get());
    names.push_back(duckdb_column_name(result_.get(), i));
  }
  ArrowSchema exported{};
  PL_RETURN_NOT_OK(
      TakeError(duckdb_to_arrow_schema(options_.get(), handles.data(), names.data(), count, &exported)));
  PL_ASSIGN_OR_RETURN(const auto schema, arrow::ImportSchema(&exported));
  arrow::FieldVector fields = schema->fields();
  for (size_t i = 0; i < kinds_.size() && i < fields.size(); ++i) {
    if (kinds_[i].empty()) continue;
    fields[i] = fields[i]->WithMergedMetadata(arrow::key_value_metadata({kKindKey}, {kinds_[i]}));
  }
  schema_ = arrow::schema(std::move(fields));
  return Status::OK();
}

Status Rows::ReadNext(std::shared_ptr<arrow::RecordBatch>* out) {
  if (carried_ == nullptr) return ReadChunk(out);
  out->reset();
  if (batch_ == nullptr || next_row_ == batch_->num_rows()) {
    next_row_ = 0;
    PL_RETURN_NOT_OK(ReadChunk(&batch_));
    if (batch_ == nullptr) return Status::OK();
  }
  return carried_->Resolve(*batch_, &next_row_).Value(out);
}

Status Rows::ReadChunk(std::shared_ptr<arrow::RecordBatch>* out) {
  out->reset();
  if (!has_rows_) return Status::OK();
  for (;;) {
    PL_RETURN_NOT_OK(CheckStopped());
    const DataChunk chunk(duckdb_fetch_chunk(*result_.get()));
    if (chunk.get() == nullptr) {
      const char* message = duckdb_result_error(result_.get());
      const bool failed = message != nullptr && *message != '\0';
      return failed ? Failure(message) : context_->failure();
    }
    if (duckdb_data_chunk_get_size(chunk.get()) == 0) continue;
    ArrowArray exported{};
    PL_RETURN_NOT_OK(TakeError(duckdb_data_chunk_to_arrow(options_.get(), chunk.get(), &exported)));
    PL_ASSIGN_OR_RETURN(*out, arrow::ImportRecordBatch(&exported, schema_));
    return Status::OK();
  }
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunStatement(duckdb_connection connection, Prepared statement,
                                                  std::shared_ptr<ScanContext> context, const EditedText& sql,
                                                  std::vector<std::string> kinds) {
  auto rows =
      std::make_unique<Rows>(connection, std::move(statement), std::move(context), sql, std::move(kinds));
  PL_RETURN_NOT_OK(rows->Start());
  return std::unique_ptr<QueryResult>(std::move(rows));
}

Status DrainResult(QueryResult* result) {
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    PL_RETURN_NOT_OK(result->ReadNext(&batch));
  } while (batch != nullptr);
  return Status::OK();
}

}  // namespace pixlake::query
