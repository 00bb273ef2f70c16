#include "pipeline/run/kernel_rows.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sql_text.h"
#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "base/work/for_each.h"
#include "base/work/pending.h"
#include "file/blob/blob_parquet_writer.h"
#include "io/local_store.h"
#include "kernel/content_column.h"
#include "query/session/open_sql_session.h"
#include "sandbox/examiner.h"

namespace pixlake::pipeline {
namespace {

constexpr char kContent[] = "content";
constexpr char kBeside[] = "content_uri";  // where a content is that is too large for the table

using Batch = std::shared_ptr<arrow::RecordBatch>;

// Where ingest keeps what is too large for a table: nothing else is read, whatever a row says.
bool IsPlaceBeside(std::string_view place) {
  constexpr std::string_view kFolder = "_pixlake/blobs/";
  constexpr std::string_view kHex = "0123456789abcdef";
  return place.starts_with(kFolder) && place.size() == kFolder.size() + 64 &&
         place.find_first_not_of(kHex, kFolder.size()) == std::string_view::npos;
}

// Contents that lie beside the table, mapped: they take no memory.
Result<Batch> WithContentsBeside(const io::Location& table, const Batch& batch) {
  const int beside = batch->schema()->GetFieldIndex(kBeside);
  const int content = batch->schema()->GetFieldIndex(kContent);
  if (beside < 0 || content < 0 || batch->column(beside)->null_count() == batch->num_rows()) return batch;
  const auto& places = static_cast<const arrow::StringArray&>(*batch->column(beside));
  PL_ASSIGN_OR_RETURN(const auto given, kernel::ContentColumn::Make(batch->column(content)));
  std::vector<std::span<const uint8_t>> views;
  std::vector<std::shared_ptr<arrow::Buffer>> owners;
  for (const auto& buffer : batch->column(content)->data()->buffers) {
    if (buffer != nullptr) owners.push_back(buffer);
  }
  for (int64_t row = 0; row < batch->num_rows(); ++row) {
    views.push_back(given.Bytes(row).value_or(std::span<const uint8_t>()));
    if (places.IsNull(row) || given.Bytes(row)) continue;
    if (!IsPlaceBeside(places.GetView(row))) continue;
    const std::string path = table.Child(std::string(places.GetView(row)));
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const auto file = arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ);
    if (!file.ok()) return WithContext(file.status(), "reading an image beside the table, " + path);
    PL_ASSIGN_OR_RETURN(const int64_t size, (*file)->GetSize());
    PL_ASSIGN_OR_RETURN(auto bytes, (*file)->Read(size));
    views.back() = {bytes->data(), static_cast<size_t>(bytes->size())};
    owners.push_back(std::move(bytes));
  }
  PL_ASSIGN_OR_RETURN(auto column, kernel::ViewsOf(views, owners));
  return batch->SetColumn(content, arrow::field(kContent, column->type()), std::move(column));
}

// By which rows are looked up before their images are read; null: all rows of a file are.
const KeySet* UsableKeys(const KeySet* keys, const OpenInput& input) {
  const bool usable = keys != nullptr && keys->is_in_memory() && !keys->has_null && input.key_is_text;
  return usable ? keys : nullptr;
}

class Computation {
 public:
  Computation(const session::Session& session, const Step& step, const OpenInput& input, const KeySet* keys)
      : session_(session),
        step_(step),
        input_(input),
        keys_(UsableKeys(keys, input)),
        plan_(session.Plan(Work::kKernel)),
        at_once_(static_cast<size_t>(std::max(1, session.threads()))),
        examiner_({plan_.decoders, session.threads()}) {}

  Result<int64_t> Run(int64_t batch_rows, const std::string& path,
                      const std::function<void(int64_t, int64_t)>& watch) {
    PL_ASSIGN_OR_RETURN(kernel_, session_.kernels().Make(step_.kernel.name, step_.kernel.parameters));
    PL_RETURN_NOT_OK(ChooseColumns());
    output_schema_ = MakeOutputSchema();
    PL_ASSIGN_OR_RETURN(plan_of_rows_, PlanRows(batch_rows));
    const auto store = io::MakeLocalStore({.sync = false});
    PL_ASSIGN_OR_RETURN(auto output, store->Create(path));
    // SQL reads it again within a share of its own.
    file::BlobParquetOptions parquet;
    parquet.row_group_bytes = std::clamp(plan_.writers / 4, int64_t{1} << 20, int64_t{16} << 20);
    parquet.page_bytes = parquet.row_group_bytes / 8;
    PL_ASSIGN_OR_RETURN(auto writer,
                        file::BlobParquetWriter::Open(std::move(output), output_schema_, parquet));
    // Two waves: while the kernel works on one the next is read.
    Pending<Result<std::vector<Batch>>> next = StartWork(WorkKind::kIo, [this] { return ReadWave(); });
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_ASSIGN_OR_RETURN(const std::vector<Batch> wave, next.Get());
      if (wave.empty()) break;
      next = StartWork(WorkKind::kIo, [this] { return ReadWave(); });
      std::vector<Batch> computed(wave.size());
      PL_RETURN_NOT_OK(ForEach(WorkKind::kCpu, wave.size(), at_once_,
                               [&](size_t i) { return Compute(*wave[i]).Value(&computed[i]); }));
      for (const Batch& batch : computed) {
        PL_RETURN_NOT_OK(writer->Write(*batch));
        rows_ += batch->num_rows();
        if (watch) watch(batch->num_rows(), 0);
      }
    }
    PL_RETURN_NOT_OK(writer->Close().status());
    return rows_;
  }

 private:
  Status ChooseColumns() {
    const arrow::Schema& schema = *input_.snapshot->definition().schema;
    const auto add = [&](const std::string& name) {
      if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) columns_.push_back(name);
    };
    for (const std::string& name : step_.kernel.passed) {
      if (schema.GetFieldByName(name) == nullptr) {
        return Error(ErrorCode::kUsage, fmt::format("step {}: {} has no column `{}`", step_.name,
                                                    input_.input->table.text(), name));
      }
      add(name);
    }
    for (const kernel::NeededColumn& column : kernel_->info().needs) {
      if (schema.GetFieldByName(column.name) != nullptr) add(column.name);  // Run says what is missing
      if (column.name == kContent && schema.GetFieldByName(kBeside) != nullptr) add(kBeside);
    }
    return Status::OK();
  }

  std::shared_ptr<arrow::Schema> MakeOutputSchema() const {
    const arrow::Schema& schema = *input_.snapshot->definition().schema;
    arrow::FieldVector fields;
    for (const std::string& name : step_.kernel.passed) fields.push_back(schema.GetFieldByName(name));
    const auto given = kernel_->output_schema();
    for (const auto& field : given->fields()) fields.push_back(field->WithNullable(true));
    return arrow::schema(std::move(fields));
  }

  // Of few keys files and row groups are skipped by statistics and bloom filters.
  Result<table::ScanPlan> PlanRows(int64_t batch_rows) {
    table::ScanRequest request;
    request.columns = columns_;
    request.batch_rows = std::clamp<int64_t>(batch_rows, 1, 8192);
    // Two waves, of each as many batches as threads.
    request.batch_bytes = std::max<int64_t>(plan_.content / (2 * static_cast<int64_t>(at_once_) + 1), 1);
    if (keys_ == nullptr) return input_.snapshot->PlanScan(request);
    if (keys_->count <= KeySet::kMostLiterals) {
      std::vector<std::shared_ptr<arrow::Scalar>> values;
      for (const std::string& key : keys_->in_memory)
        values.push_back(std::make_shared<arrow::StringScalar>(key));
      request.predicate = table::Compare({input_.key}, table::CompareOp::kIn, std::move(values));
    }
    request.columns = {input_.key, table::kPositionColumn};
    PL_ASSIGN_OR_RETURN(key_plan_, input_.snapshot->PlanScan(request));
    request.columns = columns_;
    return input_.snapshot->PlanScan(request);
  }

  // Which rows of a file have one of the keys: what is not wanted is not read.
  Result<std::vector<uint64_t>> RowsWithKeys(size_t file) const {
    std::vector<uint64_t> rows;
    PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(store(), key_plan_, key_plan_.tasks[file]));
    for (Batch batch;;) {
      PL_RETURN_NOT_OK(reader->ReadNext(&batch));
      if (batch == nullptr) return rows;
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(0));
      const auto& positions = static_cast<const arrow::Int64Array&>(*batch->column(1));
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        if (texts.IsNull(row) || !keys_->in_memory.contains(texts.GetString(row))) continue;
        rows.push_back(static_cast<uint64_t>(positions.Value(row)));
      }
    }
  }

  // The next batches, as many as are worked on at once; none at the end.
  Result<std::vector<Batch>> ReadWave() {
    std::vector<Batch> wave;
    while (wave.size() < at_once_) {
      PL_RETURN_NOT_OK(CheckStopped());
      if (reader_ == nullptr) {
        if (next_file_ == plan_of_rows_.tasks.size()) break;
        table::ScanTask task = plan_of_rows_.tasks[next_file_];
        if (keys_ != nullptr) {
          PL_ASSIGN_OR_RETURN(auto rows, RowsWithKeys(next_file_));
          task.selected_rows = std::make_shared<const std::vector<uint64_t>>(std::move(rows));
        }
        ++next_file_;
        if (task.selected_rows != nullptr && task.selected_rows->empty()) continue;
        PL_ASSIGN_OR_RETURN(reader_, table::ReadTask(store(), plan_of_rows_, task));
      }
      Batch batch;
      PL_RETURN_NOT_OK(reader_->ReadNext(&batch));
      if (batch == nullptr) {
        reader_.reset();
      } else if (batch->num_rows() > 0) {
        wave.push_back(std::move(batch));
      }
    }
    return wave;
  }

  Result<Batch> Compute(const arrow::RecordBatch& batch) {
    kernel::Context context;
    context.memory_bytes = plan_.decoders / static_cast<int64_t>(at_once_);
    context.stop = CurrentStopToken();
    context.examiner = &examiner_;
    PL_ASSIGN_OR_RETURN(const Batch whole,
                        WithContentsBeside(input_.table->location(), batch.Slice(0, batch.num_rows())));
    PL_ASSIGN_OR_RETURN(const Batch given, kernel_->Run(*whole, context));
    arrow::ArrayVector columns;
    for (const std::string& name : step_.kernel.passed) columns.push_back(batch.GetColumnByName(name));
    for (const auto& column : given->columns()) columns.push_back(column);
    return arrow::RecordBatch::Make(output_schema_, batch.num_rows(), std::move(columns));
  }

  const std::shared_ptr<io::Store>& store() const { return input_.table->location().store; }

  const session::Session& session_;
  const Step& step_;
  const OpenInput& input_;
  const KeySet* const keys_;
  const MemoryPlan plan_;
  const size_t at_once_;
  sandbox::Examiner examiner_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::vector<std::string> columns_;
  std::shared_ptr<arrow::Schema> output_schema_;
  table::ScanPlan key_plan_;
  table::ScanPlan plan_of_rows_;
  size_t next_file_ = 0;
  std::unique_ptr<arrow::RecordBatchReader> reader_;
  int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<KernelRows>> KernelRows::Make(const session::Session& session, const Step& step,
                                                     const OpenInput& input, const KeySet* keys,
                                                     int64_t batch_rows,
                                                     const std::function<void(int64_t, int64_t)>& watch) {
  std::unique_ptr<KernelRows> out(new KernelRows());
  out->path_ = fmt::format("{}/step-{}.parquet", query::TemporaryFolder(), NewUuid());
  Computation computation(session, step, input, keys);
  const auto rows = computation.Run(batch_rows, out->path_, watch);
  if (!rows.ok()) return WithContext(rows.status(), "step " + step.name);
  out->rows_ = *rows;
  return out;
}

KernelRows::~KernelRows() {
  ::unlink(path_.c_str());
  ::rmdir(query::TemporaryFolder().c_str());  // unless DuckDB has something there
}

std::string KernelRows::Select() const {
  return fmt::format("SELECT * FROM read_parquet({})", SqlLiteral(path_));
}

}  // namespace pixlake::pipeline
