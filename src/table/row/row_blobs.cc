#include "table/row/row_blobs.h"

#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

// Places that are remembered, 16 bytes each.
constexpr int64_t kMostKnown = int64_t{1} << 17;

}  // namespace

Result<std::unique_ptr<RowBlobs>> RowBlobs::Open(const std::shared_ptr<io::Store>& store,
                                                 const ScanPlan& plan, const ScanTask& task,
                                                 const std::vector<std::string>& columns) {
  std::unique_ptr<RowBlobs> blobs(new RowBlobs());
  blobs->path_ = task.path;
  for (const std::string& name : columns) {
    const int position = plan.table_schema->GetFieldIndex(name);
    if (position < 0 || static_cast<size_t>(position) >= plan.mapping.size()) return nullptr;
    const FieldMapping& mapping = plan.mapping[static_cast<size_t>(position)];
    if (mapping.field_id >= 0) return nullptr;
    blobs->columns_.push_back({mapping.physical_name, {}});
  }
  PL_ASSIGN_OR_RETURN(blobs->file_, StoreOf(task, store)->OpenInput(task.path));
  Result<std::unique_ptr<file::BlobReader>> reader = file::BlobReader::Open(blobs->file_, task.path);
  if (!reader.ok()) return nullptr;  // the other way says what is wrong
  blobs->reader_ = *std::move(reader);
  if (blobs->reader_->num_rows() == 0) return nullptr;
  for (Column& column : blobs->columns_) {
    int64_t first = 0;
    const Result<const Page*> page = blobs->PageOf(&column, 0, &first);
    if (!page.ok() || *page == nullptr) return nullptr;
  }
  return blobs;
}

Result<const RowBlobs::Page*> RowBlobs::PageOf(Column* column, int64_t row, int64_t* first) {
  auto after = column->pages.upper_bound(row);
  if (after != column->pages.begin()) {
    const auto& [begin, page] = *std::prev(after);
    if (row < begin + page.count) {
      *first = begin;
      return &page;
    }
  }
  PL_ASSIGN_OR_RETURN(const auto rows, reader_->PageOf(column->name, row));
  Page page;
  page.count = rows.count;
  PL_ASSIGN_OR_RETURN(page.places, reader_->PlacesOfPage(column->name, row, {}));
  if (rows.count == 0 || static_cast<int64_t>(page.places.size()) != rows.count) return nullptr;
  if (known_ + rows.count > kMostKnown) {
    for (Column& one : columns_) one.pages.clear();
    known_ = 0;
  }
  known_ += rows.count;
  *first = rows.first;
  return &(column->pages[rows.first] = std::move(page));
}

Result<std::shared_ptr<arrow::Buffer>> RowBlobs::Read(size_t column, int64_t row) {
  int64_t first = 0;
  PL_ASSIGN_OR_RETURN(const Page* const page, PageOf(&columns_[column], row, &first));
  if (page == nullptr) return reader_->Read(columns_[column].name, row);
  const file::BlobPlace& place = page->places[static_cast<size_t>(row - first)];
  if (place.length < 0) return nullptr;
  auto read = file_->ReadAt(place.offset, place.length);
  if (!read.ok()) return WithContext(read.status(), fmt::format("reading data file {}", path_));
  if ((*read)->size() != place.length)
    return Error(ErrorCode::kCorrupt, fmt::format("reading data file {}: it ends early", path_));
  return *std::move(read);
}

}  // namespace pixlake::table
