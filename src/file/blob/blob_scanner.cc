#include "file/blob/blob_scanner.h"

#include <algorithm>
#include <deque>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/binary_view_util.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "file/blob/blob_chunk_internal.h"
#include "file/blob/blob_places_internal.h"
#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

// A page in memory with the places of its values in it.
struct LoadedPage {
  BlobPage page;
  std::shared_ptr<arrow::Buffer> bytes;
  std::vector<BlobPlace> places;  // from the page's first byte
};

// Values that lie in pages, as an array that owns the pages.
class Views {
 public:
  explicit Views(int64_t rows) : views_(static_cast<size_t>(rows)), valid_(static_cast<size_t>(rows), true) {}

  void Add(const LoadedPage& page, const BlobPlace& place) {
    if (place.length < 0) {
      valid_[count_++] = false;
      ++nulls_;
      return;
    }
    if (buffers_.empty() || buffers_.back() != page.bytes) buffers_.push_back(page.bytes);
    const auto length = static_cast<int32_t>(place.length);
    views_[count_++] = arrow::util::ToBinaryView(
        std::string_view(reinterpret_cast<const char*>(page.bytes->data() + place.offset),
                         static_cast<size_t>(length)),
        static_cast<int32_t>(buffers_.size() - 1), static_cast<int32_t>(place.offset));
  }

  Result<std::shared_ptr<arrow::Array>> Finish() {
    PL_ASSIGN_OR_RETURN(
        auto views,
        arrow::AllocateBuffer(static_cast<int64_t>(count_ * sizeof(arrow::BinaryViewType::c_type))));
    std::copy_n(views_.data(), count_,
                reinterpret_cast<arrow::BinaryViewType::c_type*>(views->mutable_data()));
    std::shared_ptr<arrow::Buffer> bitmap;
    if (nulls_ > 0) {
      PL_ASSIGN_OR_RETURN(bitmap, arrow::AllocateEmptyBitmap(static_cast<int64_t>(count_)));
      for (size_t i = 0; i < count_; ++i) {
        if (valid_[i]) bitmap->mutable_data()[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
      }
    }
    return std::make_shared<arrow::BinaryViewArray>(arrow::binary_view(), static_cast<int64_t>(count_),
                                                    std::shared_ptr<arrow::Buffer>(std::move(views)),
                                                    std::move(buffers_), std::move(bitmap), nulls_);
  }

 private:
  std::vector<arrow::BinaryViewType::c_type> views_;
  std::vector<bool> valid_;
  std::vector<std::shared_ptr<arrow::Buffer>> buffers_;
  size_t count_ = 0;
  int64_t nulls_ = 0;
};

class Scanner : public BlobScanner {
 public:
  Scanner(std::shared_ptr<arrow::io::RandomAccessFile> file, std::string path,
          std::unique_ptr<parquet::ParquetFileReader> parquet)
      : file_(std::move(file)), path_(std::move(path)), parquet_(std::move(parquet)) {}

  // False: not our layout.
  Result<bool> Prepare(const std::vector<std::string>& columns) {
    const auto metadata = parquet_->metadata();
    if (!metadata->created_by().starts_with("pixlake")) return false;
    PL_ASSIGN_OR_RETURN(file_size_, file_->GetSize());
    for (const std::string& name : columns) {
      Column column;
      column.leaf = metadata->schema()->ColumnIndex(name);
      if (column.leaf < 0) return false;
      column.most = metadata->schema()->Column(column.leaf)->max_definition_level();
      columns_.push_back(std::move(column));
    }
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      const int64_t rows = metadata->RowGroup(group)->num_rows();
      if (rows < 0 || __builtin_add_overflow(rows_, rows, &rows_))
        return Error(ErrorCode::kCorrupt, fmt::format("{}: row group {} claims {} rows", path_, group, rows));
      ends_.push_back(rows_);
      for (Column& column : columns_) {
        PL_ASSIGN_OR_RETURN(BlobChunk chunk, LoadBlobChunk(parquet_.get(), path_, file_size_, group,
                                                           column.leaf, rows_ - rows));
        if (rows > 0 && (!chunk.indexed || !chunk.plain || column.most > 1)) return false;
        column.dense.push_back(chunk.dense);
        for (const BlobPage& page : chunk.pages) {
          column.pages.push_back(page);
          column.group_of_page.push_back(group);
        }
      }
    }
    return true;
  }

  int64_t num_rows() const override { return rows_; }

  Result<int64_t> RowsWithin(int64_t first_row, int64_t bytes) override {
    const auto end_of_group = std::upper_bound(ends_.begin(), ends_.end(), first_row);
    if (end_of_group == ends_.end())
      return Error(ErrorCode::kCorrupt,
                   fmt::format("{} has {} rows, there is no row {}", path_, rows_, first_row));
    int64_t end = *end_of_group;
    const int64_t share = std::max<int64_t>(bytes / std::max<int64_t>(1, std::ssize(columns_)), 1);
    for (const Column& column : columns_) {
      int64_t taken = 0;
      for (size_t i = PageAt(column, first_row); i < column.pages.size(); ++i) {
        const BlobPage& page = column.pages[i];
        taken += page.size;
        if (taken > share && page.first_row > first_row) {
          end = std::min(end, page.first_row);
          break;
        }
      }
    }
    return end - first_row;
  }

  Result<std::shared_ptr<arrow::Array>> Read(int ordinal, int64_t first_row, int64_t count,
                                             const std::vector<bool>& keep) override {
    Column& column = columns_[static_cast<size_t>(ordinal)];
    PL_RETURN_NOT_OK(Load(&column, first_row, first_row + count));
    Views views(count);
    for (const LoadedPage& page : column.loaded) {
      const int64_t begin = std::max(first_row, page.page.first_row);
      const int64_t end = std::min(first_row + count, page.page.first_row + page.page.rows);
      for (int64_t row = begin; row < end; ++row) {
        if (keep.empty() || keep[static_cast<size_t>(row - first_row)])
          views.Add(page, page.places[static_cast<size_t>(row - page.page.first_row)]);
      }
    }
    return views.Finish();
  }

 private:
  struct Column {
    int leaf = -1;
    int most = 0;             // definition level
    std::vector<bool> dense;  // by row group
    std::vector<BlobPage> pages;
    std::vector<int> group_of_page;
    std::deque<LoadedPage> loaded;  // what is still needed
    size_t next = 0;                // of pages, to load
  };

  // The page that has `row`, or the first behind it.
  static size_t PageAt(const Column& column, int64_t row) {
    const auto after =
        std::upper_bound(column.pages.begin(), column.pages.end(), row,
                         [](int64_t wanted, const BlobPage& page) { return wanted < page.first_row; });
    return after == column.pages.begin() ? 0 : static_cast<size_t>(after - column.pages.begin()) - 1;
  }

  // Reads the pages of [begin, end), in one piece where they follow one another.
  Status Load(Column* column, int64_t begin, int64_t end) {
    while (!column->loaded.empty() &&
           column->loaded.front().page.first_row + column->loaded.front().page.rows <= begin) {
      column->loaded.pop_front();
    }
    size_t next = std::max(column->next, PageAt(*column, begin));
    while (next < column->pages.size() && column->pages[next].first_row < end) {
      size_t last = next + 1;
      int64_t size = column->pages[next].size;
      while (last < column->pages.size() && column->pages[last].first_row < end &&
             column->pages[last].offset == column->pages[next].offset + size) {
        size += column->pages[last++].size;
      }
      PL_ASSIGN_OR_RETURN(const auto bytes, file_->ReadAt(column->pages[next].offset, size));
      if (bytes->size() != size) return Corrupt("the file ends inside a page");
      for (int64_t at = 0; next < last; ++next) {
        PL_RETURN_NOT_OK(AddPage(column, next, arrow::SliceBuffer(bytes, at, column->pages[next].size)));
        at += column->pages[next].size;
      }
    }
    column->next = next;
    return Status::OK();
  }

  Status AddPage(Column* column, size_t ordinal, std::shared_ptr<arrow::Buffer> bytes) {
    LoadedPage loaded{column->pages[ordinal], std::move(bytes), {}};
    const auto header = ParsePageHeader({loaded.bytes->data(), static_cast<size_t>(loaded.bytes->size())});
    if (!header.ok() || header->header_size + header->page_size != loaded.bytes->size())
      return Corrupt(fmt::format("the page at byte {} and the page index disagree", loaded.page.offset));
    if (header->crc &&
        *header->crc != Crc32(0, loaded.bytes->data() + header->header_size, header->page_size)) {
      return Error(
          ErrorCode::kChecksum,
          fmt::format("copying blobs of {}: the bytes of the page at byte {} do not have the checksum "
                      "in its header",
                      path_, loaded.page.offset));
    }
    arrow::io::BufferReader reader(loaded.bytes);
    BlobPage page = loaded.page;
    page.offset = 0;
    const bool dense = column->dense[static_cast<size_t>(column->group_of_page[ordinal])];
    Result<std::vector<BlobPlace>> places = FindPlaces(&reader, page, {dense, column->most}, {});
    if (!places.ok()) return WithContext(places.status(), "copying blobs of " + path_);
    if (static_cast<int64_t>(places->size()) != page.rows) return Corrupt("a page is not of version 1");
    loaded.places = *std::move(places);
    column->loaded.push_back(std::move(loaded));
    return Status::OK();
  }

  Status Corrupt(const std::string& what) const {
    return Error(ErrorCode::kCorrupt, fmt::format("copying blobs of {}: {}", path_, what));
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const std::string path_;
  const std::unique_ptr<parquet::ParquetFileReader> parquet_;
  std::vector<Column> columns_;
  std::vector<int64_t> ends_;  // of each row group, in rows
  int64_t rows_ = 0;
  int64_t file_size_ = 0;
};

}  // namespace

Result<std::unique_ptr<BlobScanner>> BlobScanner::Open(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                       const std::string& path,
                                                       const std::vector<std::string>& columns) {
  try {
    auto parquet = parquet::ParquetFileReader::Open(file);
    auto scanner = std::make_unique<Scanner>(std::move(file), path, std::move(parquet));
    PL_ASSIGN_OR_RETURN(const bool ours, scanner->Prepare(columns));
    if (!ours) return nullptr;
    return std::unique_ptr<BlobScanner>(std::move(scanner));
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, "opening " + path + " as Parquet: " + e.what());
  }
}

}  // namespace pixlake::file
