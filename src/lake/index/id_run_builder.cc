#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "image/hash/sha256_batch.h"
#include "lake/index/id_run_builder_internal.h"
#include "lake/index/id_run_format_internal.h"
#include "lake/index/id_run_merge_internal.h"
#include "lake/index/run_cache_internal.h"

namespace pixlake::lake {
namespace {

// What to do without knowing: a damaged or foreign file is read page by page when asked.
bool OnlyPlacesAreUnknown(const Status& status) {
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kCorrupt || code == ErrorCode::kNotFound || code == ErrorCode::kSchemaMismatch ||
         code == ErrorCode::kUnsupported;
}

}  // namespace

bool ParseId(std::string_view text, uint64_t* high, uint64_t* low) {
  const auto digest = image::FromHex(text);
  if (!digest) return false;
  *high = BigEndian64(digest->data());
  *low = BigEndian64(digest->data() + 8);
  return true;
}

IdRunBuilder::IdRunBuilder(const IdSource& source)
    : source_(source),
      max_entries_(static_cast<size_t>(std::max<int64_t>(source.memory_bytes / 2, 64 << 10)) /
                   sizeof(IdEntry)),
      spill_store_(io::MakeLocalStore({.sync = false})) {}

Result<std::shared_ptr<IdRun>> IdRunBuilder::Build(const std::vector<const table::ScanTask*>& tasks,
                                                   std::vector<CoveredFile> files) {
  files_ = std::move(files);
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Status status = AddFile(*tasks[i], static_cast<uint32_t>(i));
    if (!status.ok()) return WithContext(status, "indexing the ids of " + tasks[i]->path);
  }
  io::Store* const store = source_.table.store.get();
  const std::string path = io::JoinPath(source_.folder, NewUuid() + ".run");
  if (spills_.empty()) {
    std::sort(entries_.begin(), entries_.end());
    PL_ASSIGN_OR_RETURN(const auto writer, IdRunWriter::Create(store, path, source_.columns, files_));
    for (const IdEntry& entry : entries_) PL_RETURN_NOT_OK(writer->Append(entry));
    return writer->Finish();
  }
  PL_RETURN_NOT_OK(Spill());
  std::vector<int64_t> same(files_.size());
  std::iota(same.begin(), same.end(), 0);
  std::vector<MergeInput> inputs;
  for (const auto& spill : spills_) inputs.push_back({spill, same});
  return MergeRuns(store, path, source_.columns, inputs, files_);
}

Status IdRunBuilder::AddFile(const table::ScanTask& task, uint32_t file) {
  table::ScanTask whole = task;
  whole.deleted_rows = nullptr;
  const auto& store = source_.table.store;
  PL_ASSIGN_OR_RETURN(const auto rows, table::ReadTask(store, source_.plan, whole));
  std::unique_ptr<file::BlobReader> blobs;
  if (!source_.content_column.empty()) {
    PL_ASSIGN_OR_RETURN(auto input, store->OpenInput(task.path));
    PL_ASSIGN_OR_RETURN(blobs, file::BlobReader::Open(std::move(input), task.path));
  }
  pending_.clear();
  first_pending_ = 0;
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto batch, rows->Next());
    if (batch != nullptr) PL_RETURN_NOT_OK(AddBatch(*batch));
    PL_RETURN_NOT_OK(EmitPages(blobs.get(), file, batch == nullptr));
    if (batch == nullptr) return Status::OK();
  }
}

Status IdRunBuilder::AddBatch(const arrow::RecordBatch& batch) {
  const auto& ids = static_cast<const arrow::StringArray&>(*batch.column(0));
  for (int64_t i = 0; i < batch.num_rows(); ++i) {
    Row row;
    row.has_id = ids.IsValid(i) && ParseId(ids.GetView(i), &row.high, &row.low);
    if (batch.num_columns() > 1 && batch.column(1)->IsValid(i))
      row.size = static_cast<const arrow::Int64Array&>(*batch.column(1)).Value(i);
    pending_.push_back(row);
  }
  return Status::OK();
}

Status IdRunBuilder::EmitPages(file::BlobReader* blobs, uint32_t file, bool at_end) {
  std::vector<int64_t> sizes;
  while (!pending_.empty()) {
    const auto left = static_cast<int64_t>(pending_.size());
    const auto page = blobs == nullptr ? Result<file::BlobReader::PageRows>(file::BlobReader::PageRows{})
                                       : blobs->PageOf(source_.content_column, first_pending_);
    if (!page.ok() && !OnlyPlacesAreUnknown(page.status())) return page.status();
    const bool usable = page.ok() && page->count > 0 && page->first == first_pending_;
    if (!usable) return Emit(file, left, {});
    if (page->count > left) return at_end ? Emit(file, left, {}) : Status::OK();
    sizes.clear();
    for (int64_t i = 0; i < page->count; ++i) sizes.push_back(pending_[static_cast<size_t>(i)].size);
    auto places = blobs->PlacesOfPage(source_.content_column, first_pending_, sizes);
    if (!places.ok() && !OnlyPlacesAreUnknown(places.status())) return places.status();
    PL_RETURN_NOT_OK(Emit(file, page->count, places.ok() ? *places : std::vector<file::BlobPlace>()));
  }
  return Status::OK();
}

// The first `rows` of those pending; no places: they are not known.
Status IdRunBuilder::Emit(uint32_t file, int64_t rows, std::span<const file::BlobPlace> places) {
  if (first_pending_ + rows > std::numeric_limits<uint32_t>::max())
    return Error(ErrorCode::kUnsupported, "a data file of more than 4,294,967,295 rows cannot be indexed");
  for (int64_t i = 0; i < rows; ++i) {
    const Row& row = pending_[static_cast<size_t>(i)];
    if (!row.has_id) continue;
    IdEntry entry{row.high, row.low, file, static_cast<uint32_t>(first_pending_ + i), -1, kUnknownLength};
    if (!places.empty()) {
      entry.offset = places[static_cast<size_t>(i)].offset;
      entry.length = places[static_cast<size_t>(i)].length;
    }
    entries_.push_back(entry);
    if (entries_.size() >= max_entries_) PL_RETURN_NOT_OK(Spill());
  }
  pending_.erase(pending_.begin(), pending_.begin() + rows);
  first_pending_ += rows;
  return Status::OK();
}

Status IdRunBuilder::Spill() {
  std::sort(entries_.begin(), entries_.end());
  std::string path = io::JoinPath(source_.folder, "." + NewUuid() + ".spill");
  if (source_.table.store->scheme() != "file") {
    PL_ASSIGN_OR_RETURN(path, NewRunFile(".spill"));
  }
  PL_ASSIGN_OR_RETURN(const auto writer,
                      IdRunWriter::Create(spill_store_.get(), path, source_.columns, files_));
  for (const IdEntry& entry : entries_) PL_RETURN_NOT_OK(writer->Append(entry));
  PL_ASSIGN_OR_RETURN(auto spill, writer->Finish());
  // It stays readable as long as it is open, and is gone whatever happens to us.
  PL_RETURN_NOT_OK(spill_store_->Delete(path));
  spills_.push_back(std::move(spill));
  entries_.clear();
  return Status::OK();
}

}  // namespace pixlake::lake
