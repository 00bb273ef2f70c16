#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include "file/data_statistics.h"
#include "io/local_store.h"
#include "query/result/value_format_internal.h"
#include "query/testing_internal.h"
#include "table/predicate/value_range.h"

namespace pixlake::query {
namespace {

// The local store, counting what is opened through it.
class CountingStore : public io::Store {
 public:
  explicit CountingStore(std::shared_ptr<std::atomic<int64_t>> opened) : opened_(std::move(opened)) {}

  std::string_view scheme() const override { return "file"; }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    ++*opened_;
    return local_->OpenInput(path);
  }
  Result<std::string> ReadAll(const std::string& path, int64_t max_bytes) override {
    return local_->ReadAll(path, max_bytes);
  }
  Result<io::ObjectInfo> Stat(const std::string& path) override { return local_->Stat(path); }
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& path) override {
    return local_->Create(path);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return local_->PutIfAbsent(path, bytes);
  }
  Status Put(const std::string& path, std::string_view bytes) override { return local_->Put(path, bytes); }
  Result<std::vector<io::ObjectInfo>> List(const std::string& folder, const std::string& from) override {
    return local_->List(folder, from);
  }
  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    return local_->ListFolders(folder);
  }
  Result<bool> Exists(const std::string& path) override { return local_->Exists(path); }
  Status Delete(const std::string& path) override { return local_->Delete(path); }

 private:
  std::shared_ptr<io::Store> local_ = io::MakeLocalStore();
  std::shared_ptr<std::atomic<int64_t>> opened_;
};

struct DataFile {
  std::string path;
  file::DataStatistics statistics;
};

class FolderSnapshot : public table::Snapshot {
 public:
  FolderSnapshot(int64_t version, table::TableDefinition definition, std::vector<DataFile> files)
      : version_(version), definition_(std::move(definition)), files_(std::move(files)) {}

  int64_t version() const override { return version_; }
  int64_t timestamp_ms() const override { return version_; }
  const table::TableDefinition& definition() const override { return definition_; }
  const std::string& table_id() const override { return definition_.name; }
  Result<table::SnapshotTotals> Totals() const override {
    table::SnapshotTotals totals;
    totals.num_files = static_cast<int64_t>(files_.size());
    return totals;
  }
  Result<table::ScanPlan> PlanScan(const table::ScanRequest& request) const override;
  Result<std::vector<table::DataFile>> Files(const table::Predicate&) const override {
    return Error(ErrorCode::kUnsupported, "only scanned here");
  }
  Result<table::ScanPlan> PlanFiles(const table::ScanRequest&,
                                    const std::vector<table::DataFile>&) const override {
    return Error(ErrorCode::kUnsupported, "only scanned here");
  }
  std::optional<int64_t> TxnVersion(const std::string&) const override { return std::nullopt; }
  std::vector<std::pair<std::string, std::string>> Facts() const override { return {}; }

 private:
  int64_t version_;
  table::TableDefinition definition_;
  std::vector<DataFile> files_;
};

bool FileMayMatch(const DataFile& file, const table::BoundPredicate& predicate) {
  return predicate.MayMatch([&](size_t i) {
    const table::BoundTest& test = predicate.tests()[i];
    for (const auto& column : file.statistics.columns) {
      if (column.path != test.column) continue;
      const table::ValueRange range{column.min, column.max, column.null_count, file.statistics.num_rows};
      if (!table::MayMatch(test, range)) return false;
    }
    return true;
  });
}

Result<table::ScanPlan> FolderSnapshot::PlanScan(const table::ScanRequest& request) const {
  table::ScanPlan plan;
  plan.table_schema = definition_.schema;
  arrow::FieldVector output;
  for (const auto& name : *request.columns) output.push_back(definition_.schema->GetFieldByName(name));
  plan.output_schema = arrow::schema(output);
  for (const auto& field : definition_.schema->fields()) plan.mapping.push_back({field->name(), -1, {}});
  plan.predicate = table::BoundPredicate::Bind(request.predicate, *definition_.schema);
  plan.batch_rows = request.batch_rows;
  plan.batch_bytes = request.batch_bytes;
  plan.files_total = static_cast<int64_t>(files_.size());
  for (const DataFile& file : files_) {
    if (!FileMayMatch(file, plan.predicate)) {
      ++plan.files_skipped;
      continue;
    }
    table::ScanTask task;
    task.path = file.path;
    task.num_rows = file.statistics.num_rows;
    plan.tasks.push_back(std::move(task));
  }
  return plan;
}

Result<OpenedTable> OpenFolder(const std::string& folder, const table::VersionSpec& spec,
                               const std::shared_ptr<std::atomic<int64_t>>& opened) {
  const std::shared_ptr<io::Store> store = io::MakeLocalStore();
  PL_ASSIGN_OR_RETURN(auto objects, store->List(folder));
  if (objects.empty()) return Error(ErrorCode::kNotFound, fmt::format("no table at {}", folder));
  const auto latest = static_cast<int64_t>(objects.size()) - 1;
  const int64_t version = spec.version.value_or(spec.as_of_ms.value_or(latest));
  if (version < 0 || version > latest) {
    return Error(ErrorCode::kNotFound, fmt::format("{} has no version {}", folder, version));
  }
  table::TableDefinition definition;
  std::vector<DataFile> files;
  for (int64_t i = 0; i <= version; ++i) {
    DataFile file;
    file.path = objects[static_cast<size_t>(i)].path;
    PL_ASSIGN_OR_RETURN(auto input, store->OpenInput(file.path));
    const auto metadata = parquet::ParquetFileReader::Open(input)->metadata();
    std::shared_ptr<arrow::Schema> schema;
    PL_RETURN_NOT_OK(parquet::arrow::FromParquetSchema(metadata->schema(), parquet::ArrowReaderProperties(),
                                                       nullptr, &schema));
    PL_ASSIGN_OR_RETURN(file.statistics, file::CollectStatistics(*metadata, *schema));
    if (i == 0) definition.schema = schema;
    files.push_back(std::move(file));
  }
  return OpenedTable{std::make_shared<FolderSnapshot>(version, std::move(definition), std::move(files)),
                     std::make_shared<CountingStore>(opened)};
}

}  // namespace

FolderTables::FolderTables() : opened_(std::make_shared<std::atomic<int64_t>>(0)) {}

ScanFunction FolderTables::Function(const std::string& name) const {
  return ScanFunction{name,
                      [opened = opened_](const table::TableReference& reference) {
                        return OpenFolder(reference.place, reference.version, opened);
                      },
                      [](const std::string& uri) { return uri.ends_with("_table"); },
                      name == "table_scan" ? "" : name.substr(0, name.size() - std::string("_scan").size())};
}

std::string TestCell(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return "NULL";
  std::string text;
  AppendPlain(array, row, &text);
  return text.empty() ? "(empty)" : text;
}

}  // namespace pixlake::query
