#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/clock.h"
#include "query/duckdb/arrow_to_duckdb_internal.h"
#include "query/mention/scan_numbering_internal.h"
#include "query/scan/scan_batches_internal.h"
#include "query/scan/table_scan_function_internal.h"
#include "table/scan.h"

namespace pixlake::query {
namespace {

constexpr char kRowColumn[] = "__pixlake_row";
constexpr char kNumberParameter[] = "nth";
constexpr int64_t kBatchRows = 8192;

struct FunctionInfo {
  std::string name;
  std::function<Result<OpenedTable>(const std::string& uri, duckdb_bind_info info)> open;
  std::shared_ptr<ScanContext> context;
  bool may_carry = false;
};

// What one mention of a table in a query is bound to.
struct BoundScan {
  std::shared_ptr<ScanContext> context;
  OpenedTable table;
  bool may_carry = false;  // its rows are in files, each at a place
  table::Predicate condition;
  // All but kRowColumn: where a row is, then the table's own.
  std::vector<std::string> columns;
  std::vector<ColumnConverter> converters;
};

// One run of a scan, shared by its threads.
struct RunningScan {
  std::shared_ptr<SharedScan> shared = std::make_shared<SharedScan>();
  // Per column of the output chunk: which of the plan's columns; -1 is kRowColumn.
  std::vector<int> plan_column;
  std::vector<const ColumnConverter*> converters;  // null for kRowColumn
};

struct ScanThread {
  std::unique_ptr<ScanBatches> batches;  // null before the first rows are asked for
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t offset = 0;
};

template <typename T>
void Delete(void* pointer) {
  delete static_cast<T*>(pointer);
}

// Nothing may be thrown through DuckDB's C callbacks, which come on its own threads: whose work
// it is, is said here.
template <typename Function>
Status Guard(StopToken stop, Function function) noexcept {
  const StopScope scope(std::move(stop));
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverBudget, "out of memory");
  } catch (const std::exception& e) {
    return Error(ErrorCode::kInternal, e.what());
  }
}

Result<table::VersionSpec> VersionOf(duckdb_bind_info info) {
  table::VersionSpec spec;
  const Value version(duckdb_bind_get_named_parameter(info, "version"));
  if (version.get() != nullptr && !duckdb_is_null_value(version.get())) {
    spec.version = duckdb_get_int64(version.get());
  }
  const Value as_of(duckdb_bind_get_named_parameter(info, "as_of"));
  if (as_of.get() != nullptr && !duckdb_is_null_value(as_of.get())) {
    if (spec.version) return Error(ErrorCode::kUsage, "give a version or as_of, not both");
    const duckdb_timestamp instant = duckdb_get_timestamp(as_of.get());
    if (!duckdb_is_finite_timestamp(instant)) return Error(ErrorCode::kUsage, "as_of is not a finite time");
    spec.as_of_ms = instant.micros >= 0 ? instant.micros / 1000 : (instant.micros - 999) / 1000;
  }
  return spec;
}

// A number is a version, anything else a time. Nothing for null.
Result<table::VersionSpec> EndOfRange(duckdb_value value) {
  table::VersionSpec spec;
  if (value == nullptr || duckdb_is_null_value(value)) return spec;
  switch (duckdb_get_type_id(duckdb_get_value_type(value))) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
      spec.version = duckdb_get_int64(value);
      return spec;
    default: {
      PL_ASSIGN_OR_RETURN(spec.as_of_ms, ParseTimestamp(TextOf(value)));
      return spec;
    }
  }
}

Result<table::ChangeRange> RangeOf(duckdb_bind_info info, const std::string& function) {
  const Value from(duckdb_bind_get_parameter(info, 1));
  const Value to(duckdb_bind_get_parameter(info, 2));
  table::ChangeRange range;
  PL_ASSIGN_OR_RETURN(range.from, EndOfRange(from.get()));
  PL_ASSIGN_OR_RETURN(range.to, EndOfRange(to.get()));
  if (range.from.version || range.from.as_of_ms) return range;
  return Error(ErrorCode::kUsage, function + " wants the version or time to start from");
}

Status BindScan(duckdb_bind_info info, const FunctionInfo& function) {
  auto bound = std::make_unique<BoundScan>();
  bound->context = function.context;
  bound->may_carry = function.may_carry;
  const Value uri(duckdb_bind_get_parameter(info, 0));
  if (uri.get() == nullptr || duckdb_is_null_value(uri.get())) {
    return Error(ErrorCode::kUsage, function.name + " wants the place of a table");
  }
  PL_ASSIGN_OR_RETURN(bound->table, function.open(TextOf(uri.get()), info));
  // Names that are the engine's own are told here: DuckDB would only say that one comes twice.
  PL_RETURN_NOT_OK(
      table::OutputSchema(bound->table.rows->row_schema(), std::nullopt, TextOf(uri.get())).status());
  const Value number(duckdb_bind_get_named_parameter(info, kNumberParameter));
  if (number.get() != nullptr && !duckdb_is_null_value(number.get())) {
    bound->condition =
        function.context->ConditionOf(duckdb_get_int64(number.get()), *bound->table.rows->row_schema());
  }

  const LogicalType row_type(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
  duckdb_bind_add_result_column(info, kRowColumn, row_type.get());
  arrow::FieldVector fields = {arrow::field(table::kFileColumn, arrow::int64()),
                               arrow::field(table::kPositionColumn, arrow::int64())};
  const auto& own = bound->table.rows->row_schema()->fields();
  fields.insert(fields.end(), own.begin(), own.end());
  for (const auto& field : fields) {
    PL_ASSIGN_OR_RETURN(auto converter, ColumnConverter::Make(function.context->converter(), field));
    duckdb_bind_add_result_column(info, field->name().c_str(), converter.type());
    bound->columns.push_back(field->name());
    bound->converters.push_back(std::move(converter));
  }
  const auto rows = bound->table.rows->EstimatedRows();
  if (rows) duckdb_bind_set_cardinality(info, static_cast<idx_t>(*rows), /*is_exact=*/false);
  duckdb_bind_set_bind_data(info, bound.release(), Delete<BoundScan>);
  return Status::OK();
}

void Bind(duckdb_bind_info info) {
  const auto& function = *static_cast<FunctionInfo*>(duckdb_bind_get_extra_info(info));
  const Status status = Guard(function.context->stop_token(), [&] { return BindScan(info, function); });
  if (status.ok()) return;
  function.context->Fail(status);
  duckdb_bind_set_error(info, status.message().c_str());
}

Status StartScan(duckdb_init_info info, const BoundScan& bound) {
  auto scan = std::make_unique<RunningScan>();
  table::ScanRequest request;
  request.columns.emplace();
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    const idx_t column = duckdb_init_get_column_index(info, i);
    const bool real = column >= 1 && column <= bound.converters.size();
    scan->plan_column.push_back(real ? static_cast<int>(request.columns->size()) : -1);
    scan->converters.push_back(real ? &bound.converters[column - 1] : nullptr);
    if (real) request.columns->push_back(bound.columns[column - 1]);
  }
  request.predicate = bound.condition;
  request.batch_rows = kBatchRows;
  request.batch_bytes = bound.context->batch_bytes();
  SharedScan* const shared = scan->shared.get();
  PL_ASSIGN_OR_RETURN(shared->plan, bound.table.rows->PlanScan(request));
  shared->store = bound.table.store;
  shared->threads = bound.context->threads();
  if (bound.may_carry) shared->CarryBlobs(bound.context->carried());
  bound.context->AddFiles(shared->plan.files_total, shared->plan.files_skipped);
  duckdb_init_set_max_threads(
      info, std::clamp<size_t>(shared->plan.tasks.size(), 1, static_cast<size_t>(shared->threads)));
  duckdb_init_set_init_data(info, scan.release(), Delete<RunningScan>);
  return Status::OK();
}

void Init(duckdb_init_info info) {
  const auto& bound = *static_cast<BoundScan*>(duckdb_init_get_bind_data(info));
  const Status status = Guard(bound.context->stop_token(), [&] { return StartScan(info, bound); });
  if (status.ok()) return;
  bound.context->Fail(status);
  duckdb_init_set_error(info, status.message().c_str());
}

void InitThread(duckdb_init_info info) {
  const Status status = Guard(CurrentStopToken(), [&] {
    duckdb_init_set_init_data(info, new ScanThread(), Delete<ScanThread>);
    return Status::OK();
  });
  if (!status.ok()) duckdb_init_set_error(info, status.message().c_str());
}

// Sees to it that the thread has rows; false at the end.
Result<bool> HasRows(const RunningScan& scan, ScanThread* thread) {
  while (thread->batch == nullptr || thread->offset == thread->batch->num_rows()) {
    if (thread->batches == nullptr) thread->batches = std::make_unique<ScanBatches>(scan.shared);
    thread->offset = 0;
    PL_ASSIGN_OR_RETURN(thread->batch, thread->batches->Next());
    if (thread->batch == nullptr) return false;
  }
  return true;
}

Status FillChunk(const BoundScan& bound, RunningScan* scan, ScanThread* thread, duckdb_data_chunk chunk) {
  PL_ASSIGN_OR_RETURN(const bool has_rows, HasRows(*scan, thread));
  if (!has_rows) {
    duckdb_data_chunk_set_size(chunk, 0);
    return Status::OK();
  }
  const int64_t rows =
      std::min(static_cast<int64_t>(duckdb_vector_size()), thread->batch->num_rows() - thread->offset);
  for (size_t i = 0; i < scan->plan_column.size(); ++i) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
    if (scan->plan_column[i] < 0) {
      std::memset(duckdb_vector_get_data(vector), 0, static_cast<size_t>(rows));
      continue;
    }
    const auto column = thread->batch->column(scan->plan_column[i])->Slice(thread->offset, rows);
    PL_RETURN_NOT_OK(scan->converters[i]->Fill(bound.context->converter(), column, vector));
  }
  thread->offset += rows;
  duckdb_data_chunk_set_size(chunk, static_cast<idx_t>(rows));
  return Status::OK();
}

void Scan(duckdb_function_info info, duckdb_data_chunk chunk) {
  const auto& bound = *static_cast<BoundScan*>(duckdb_function_get_bind_data(info));
  auto* scan = static_cast<RunningScan*>(duckdb_function_get_init_data(info));
  auto* thread = static_cast<ScanThread*>(duckdb_function_get_local_init_data(info));
  const Status status =
      Guard(bound.context->stop_token(), [&] { return FillChunk(bound, scan, thread, chunk); });
  if (status.ok()) return;
  bound.context->Fail(status);
  duckdb_function_set_error(info, status.message().c_str());
}

// `made` has its parameters.
Status Register(duckdb_connection connection, duckdb_table_function made, FunctionInfo function) {
  const std::string inner = InnerScanName(function.name);
  const LogicalType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_add_named_parameter(made, kNumberParameter, number.get());
  duckdb_table_function_set_name(made, inner.c_str());
  duckdb_table_function_set_extra_info(made, new FunctionInfo(std::move(function)), Delete<FunctionInfo>);
  duckdb_table_function_set_bind(made, Bind);
  duckdb_table_function_set_init(made, Init);
  duckdb_table_function_set_local_init(made, InitThread);
  duckdb_table_function_set_function(made, Scan);
  duckdb_table_function_supports_projection_pushdown(made, true);
  if (duckdb_register_table_function(connection, made) == DuckDBSuccess) return Status::OK();
  return Error(ErrorCode::kInternal, "DuckDB refused the function " + inner);
}

// The function's own name, and with a number in front; so the one within.
Status MakeMacros(duckdb_connection connection, const std::string& name, const std::string& parameters,
                  const std::string& arguments) {
  const std::string inner = InnerScanName(name);
  const std::string hidden =
      fmt::format("{}, {}, {}", kRowColumn, table::kFileColumn, table::kPositionColumn);
  const std::string numbered = fmt::format("FROM {}({}, {} := nth)", inner, arguments, kNumberParameter);
  return Execute(connection,
                 fmt::format("CREATE MACRO {0}({1}) AS TABLE SELECT * EXCLUDE ({2}) FROM {3}({4});"
                             "CREATE MACRO {5}{0}(nth, {1}) AS TABLE SELECT * EXCLUDE ({2}) {6};"
                             "CREATE MACRO {5}{3}(nth, {1}) AS TABLE SELECT * {6}",
                             name, parameters, hidden, inner, arguments, kNumberedPrefix, numbered));
}

void Replace(duckdb_replacement_scan_info info, const char* name, void* data) {
  const Status status = Guard(CurrentStopToken(), [&] {
    for (const ScanFunction& function : *static_cast<std::vector<ScanFunction>*>(data)) {
      if (!function.recognises || !function.recognises(name)) continue;
      const Value uri(duckdb_create_varchar(name));
      duckdb_replacement_scan_set_function_name(info, function.name.c_str());
      duckdb_replacement_scan_add_parameter(info, uri.get());
      break;
    }
    return Status::OK();
  });
  if (!status.ok()) duckdb_replacement_scan_set_error(info, status.message().c_str());
}

}  // namespace

void ScanContext::BeginQuery(std::vector<table::Predicate> conditions) {
  const std::lock_guard lock(mutex_);
  conditions_ = std::move(conditions);
  failure_ = Status::OK();
  totals_ = {};
  stop_ = CurrentStopToken();
  carried_ = nullptr;
}

void ScanContext::Carry(std::shared_ptr<CarriedBlobs> blobs) {
  const std::lock_guard lock(mutex_);
  carried_ = std::move(blobs);
}

std::shared_ptr<CarriedBlobs> ScanContext::carried() const {
  const std::lock_guard lock(mutex_);
  return carried_;
}

StopToken ScanContext::stop_token() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

table::Predicate ScanContext::ConditionOf(int64_t number, const arrow::Schema& schema) const {
  const std::lock_guard lock(mutex_);
  if (number < 1 || static_cast<size_t>(number) > conditions_.size()) return {};
  return TypeLiterals(conditions_[static_cast<size_t>(number) - 1], schema);
}

void ScanContext::Fail(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = status;
}

Status ScanContext::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void ScanContext::AddFiles(int64_t total, int64_t skipped) {
  const std::lock_guard lock(mutex_);
  totals_.files_total += total;
  totals_.files_skipped += skipped;
}

ScanTotals ScanContext::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::string InnerScanName(const std::string& function) {
  return "__pixlake_" + function;
}

Status RegisterScanFunction(duckdb_connection connection, const ScanFunction& function,
                            const std::shared_ptr<ScanContext>& context) {
  const LogicalType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const LogicalType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const LogicalType instant(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
  const TableFunction made(duckdb_create_table_function());
  duckdb_table_function_add_parameter(made.get(), text.get());
  duckdb_table_function_add_named_parameter(made.get(), "version", number.get());
  duckdb_table_function_add_named_parameter(made.get(), "as_of", instant.get());
  const auto open = [function](const std::string& uri, duckdb_bind_info info) -> Result<OpenedTable> {
    PL_ASSIGN_OR_RETURN(const auto version, VersionOf(info));
    return function.open({uri, version, function.format});
  };
  PL_RETURN_NOT_OK(Register(connection, made.get(), {function.name, open, context, true}));
  return MakeMacros(connection, function.name, "uri, version := NULL, as_of := NULL",
                    "uri, version := version, as_of := as_of");
}

Status RegisterChangesFunction(duckdb_connection connection, const ChangesFunction& function,
                               const std::shared_ptr<ScanContext>& context) {
  const LogicalType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const LogicalType any(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
  const TableFunction made(duckdb_create_table_function());
  duckdb_table_function_add_parameter(made.get(), text.get());
  duckdb_table_function_add_parameter(made.get(), any.get());
  duckdb_table_function_add_parameter(made.get(), any.get());
  const auto open = [function](const std::string& uri, duckdb_bind_info info) -> Result<OpenedTable> {
    PL_ASSIGN_OR_RETURN(const auto range, RangeOf(info, function.name));
    return function.open(uri, range);
  };
  PL_RETURN_NOT_OK(Register(connection, made.get(), {function.name, open, context}));
  return MakeMacros(connection, function.name, "uri, start, stop := NULL", "uri, start, stop");
}

void RegisterReplacementScan(duckdb_database database, const std::vector<ScanFunction>& functions) {
  duckdb_add_replacement_scan(database, Replace, new std::vector<ScanFunction>(functions),
                              Delete<std::vector<ScanFunction>>);
}

}  // namespace pixlake::query
