#include "lake/index/id_index.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>

#include "lake/index/id_run_format_internal.h"
#include "lake/index/id_run_set_internal.h"
#include "lake/index/open_contents_internal.h"

namespace pixlake::lake {
namespace {

constexpr char kIndexFolder[] = "_pixlake/ids";
constexpr char kSizeColumn[] = "size";

class Index : public IdIndex {
 public:
  Index(IdSource source, std::vector<LiveRun> runs)
      : source_(std::move(source)), runs_(std::move(runs)), contents_(source_.table.store) {}

  Result<std::optional<IdPlace>> Find(std::span<const uint8_t, 32> id) const override {
    const uint64_t high = BigEndian64(id.data());
    const uint64_t low = BigEndian64(id.data() + 8);
    std::optional<IdPlace> place;
    for (const LiveRun& run : runs_) {
      const Status visited = run.run->Visit(high, low, [&](const IdEntry& entry) {
        const int64_t task = run.tasks[entry.file];
        if (task < 0 || IsDeleted(source_.plan.tasks[static_cast<size_t>(task)], entry.row)) return false;
        place = IdPlace{source_.plan.tasks[static_cast<size_t>(task)].path, int64_t{entry.row}, entry.offset,
                        entry.length};
        return true;
      });
      if (!visited.ok()) return Forget(*run.run, visited);
      if (place) return place;
    }
    return place;
  }

  Result<std::shared_ptr<arrow::Buffer>> Read(const IdPlace& place) const override {
    if (place.length == -1) return std::shared_ptr<arrow::Buffer>();
    PL_ASSIGN_OR_RETURN(const auto file, contents_.Open(place.file));
    if (place.offset < 0) return ReadFromPage(place, file.get());
    if (place.offset < 4 || place.length < 0 || place.length > file->size - place.offset)
      return Corrupt(place, "the place lies outside the file");
    PL_ASSIGN_OR_RETURN(auto bytes, arrow::AllocateBuffer(4 + place.length));
    PL_ASSIGN_OR_RETURN(const int64_t got,
                        file->input->ReadAt(place.offset - 4, 4 + place.length, bytes->mutable_data()));
    if (got != 4 + place.length) return Corrupt(place, "the file ends inside it");
    uint32_t length = 0;
    std::memcpy(&length, bytes->data(), 4);
    if (length != place.length)
      return Corrupt(place, fmt::format("the length before it is {}, expected {}", length, place.length));
    return arrow::SliceBuffer(std::shared_ptr<arrow::Buffer>(std::move(bytes)), 4);
  }

  int64_t num_ids() const override {
    int64_t count = 0;
    for (const LiveRun& run : runs_) {
      for (size_t i = 0; i < run.tasks.size(); ++i) {
        if (run.tasks[i] >= 0) count += run.run->files()[i].ids;
      }
    }
    return count;
  }

 private:
  static bool IsDeleted(const table::ScanTask& task, uint32_t row) {
    return task.deleted_rows != nullptr &&
           std::binary_search(task.deleted_rows->begin(), task.deleted_rows->end(), uint64_t{row});
  }

  static Status Corrupt(const IdPlace& place, const std::string& what) {
    return Error(ErrorCode::kCorrupt, fmt::format("reading {} row {} at byte {} ({} bytes): {}", place.file,
                                                  place.row, place.offset, place.length, what));
  }

  // A damaged run goes, so that opening the index again builds a sound one.
  Status Forget(const IdRun& run, const Status& status) const {
    (void)source_.table.store->Delete(run.path());
    return WithContext(status, "looking up an id (open the table again to have the index rebuilt)");
  }

  Result<std::shared_ptr<arrow::Buffer>> ReadFromPage(const IdPlace& place, OpenContents::File* file) const {
    if (source_.content_column.empty())
      return Error(ErrorCode::kNotFound, "the table has no column " + source_.columns.content);
    {
      const std::lock_guard<std::mutex> lock(file->mutex);
      if (file->blobs == nullptr) {
        PL_ASSIGN_OR_RETURN(file->blobs, file::BlobReader::Open(file->input, place.file));
      }
    }
    return file->blobs->Read(source_.content_column, place.row);
  }

  const IdSource source_;
  const std::vector<LiveRun> runs_;
  mutable OpenContents contents_;
};

// How the data files name the content column; "" when they have none that holds blobs.
std::string ContentColumnOf(const table::ScanPlan& plan, const std::string& column) {
  const int field = plan.table_schema->GetFieldIndex(column);
  if (field < 0 || plan.table_schema->field(field)->type()->id() != arrow::Type::BINARY) return {};
  const std::string& physical = plan.mapping[static_cast<size_t>(field)].physical_name;
  return physical.empty() ? column : physical;
}

}  // namespace

Result<std::unique_ptr<IdIndex>> IdIndex::Open(const io::Location& table,
                                               std::shared_ptr<const table::Snapshot> snapshot,
                                               const IdIndexOptions& options) {
  const arrow::Schema& schema = *snapshot->definition().schema;
  const auto id = schema.GetFieldByName(options.id_column);
  if (id == nullptr || id->type()->id() != arrow::Type::STRING) {
    return Error(ErrorCode::kSchemaMismatch,
                 fmt::format("table {} has no column '{}' of text to index", table.path, options.id_column));
  }
  table::ScanRequest request;
  request.columns = {options.id_column};
  const auto size = schema.GetFieldByName(kSizeColumn);
  if (size != nullptr && size->type()->id() == arrow::Type::INT64 && options.id_column != kSizeColumn)
    request.columns->push_back(kSizeColumn);
  request.batch_bytes = std::clamp<int64_t>(options.memory_bytes / 8, int64_t{1} << 20, request.batch_bytes);
  IdSource source;
  source.table = table;
  source.folder = table.Child(kIndexFolder);
  PL_ASSIGN_OR_RETURN(source.plan, snapshot->PlanScan(request));
  if (source.plan.gate != nullptr)
    return Error(ErrorCode::kUnsupported, table.path + " deletes rows by their values, past an id index");
  for (table::ScanTask& task : source.plan.tasks) {
    if (task.store != nullptr && task.store != table.store)
      return Error(ErrorCode::kUnsupported, task.path + " is in another store than its table");
    if (task.size >= 0) continue;
    PL_ASSIGN_OR_RETURN(const io::ObjectInfo info, table.store->Stat(task.path));
    task.size = info.size;
  }
  source.content_column = ContentColumnOf(source.plan, options.content_column);
  source.columns = {options.id_column, options.content_column};
  source.memory_bytes = options.memory_bytes;
  PL_ASSIGN_OR_RETURN(auto runs, BringRunsUpToDate(source));
  return std::make_unique<Index>(std::move(source), std::move(runs));
}

}  // namespace pixlake::lake
