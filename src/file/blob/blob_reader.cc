#include "file/blob/blob_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "file/blob/blob_chunk_internal.h"
#include "file/blob/blob_places_internal.h"
#include "file/open_parquet.h"
#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

// Where Arrow reads the pages, it compares their checksums too.
parquet::ReaderProperties CheckedProperties() {
  parquet::ReaderProperties properties;
  properties.set_page_checksum_verification(true);
  return properties;
}

class Reader : public BlobReader {
 public:
  Reader(std::shared_ptr<arrow::io::RandomAccessFile> file,
         std::unique_ptr<parquet::ParquetFileReader> parquet, std::string path)
      : file_(std::move(file)),
        parquet_(std::move(parquet)),
        path_(std::move(path)),
        metadata_(parquet_->metadata()) {}

  Status CountRows() {
    for (int group = 0; group < metadata_->num_row_groups(); ++group) {
      const int64_t rows = metadata_->RowGroup(group)->num_rows();
      if (rows < 0 || rows > std::numeric_limits<int64_t>::max() - rows_) {
        return Error(ErrorCode::kCorrupt, fmt::format("{}: row group {} claims {} rows", path_, group, rows));
      }
      starts_.push_back(rows_);
      rows_ += rows;
    }
    return Status::OK();
  }

  int64_t num_rows() const override { return rows_; }

  Result<PageRows> PageOf(const std::string& column, int64_t row) override {
    PL_ASSIGN_OR_RETURN(const Place place, Find(column, row));
    if (place.page == nullptr) return PageRows{};
    return PageRows{place.page->first_row, place.page->rows};
  }

  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& column, int64_t row) override {
    PL_ASSIGN_OR_RETURN(const Place place, Find(column, row));
    if (place.page == nullptr) return DecodeFromChunk(place, row);
    const BlobPage& page = *place.page;
    if (!place.dense || page.value_bytes < 0) return DecodeFromPage(place, row);
    const int64_t values = page.value_bytes + 4 * page.rows;
    if (values > page.size) return Corrupt(column, row, "the page index says more bytes than the page has");
    PL_ASSIGN_OR_RETURN(auto bytes, file_->ReadAt(page.offset, page.size));
    if (bytes->size() != page.size) return Corrupt(column, row, "the file ends inside the page");
    PL_RETURN_NOT_OK(CheckPage(*bytes, column, row));
    bytes = arrow::SliceBuffer(bytes, page.size - values);
    int64_t at = 0;
    for (int64_t current = page.first_row;; ++current) {
      if (at + 4 > values) return Corrupt(column, row, "the page ends before the value");
      const int64_t length = LittleEndian32(bytes->data() + at);
      if (length > values - at - 4) return Corrupt(column, row, "a value is longer than its page");
      if (current == row) return arrow::SliceBuffer(bytes, at + 4, length);
      at += 4 + length;
    }
  }

  Result<std::shared_ptr<arrow::Buffer>> ReadKnowingLengths(const std::string& column, int64_t row,
                                                            std::span<const int64_t> lengths) override {
    PL_ASSIGN_OR_RETURN(const Place place, Find(column, row));
    const bool known =
        place.page != nullptr && place.dense && static_cast<int64_t>(lengths.size()) == place.page->rows;
    if (!known) return Read(column, row);
    const BlobPage& page = *place.page;
    const int64_t start = StartOfValues(page, lengths);
    if (start < 0) return Corrupt(column, row, "the lengths do not fit the page");
    const auto index = static_cast<size_t>(row - page.first_row);
    int64_t before = 0;
    for (size_t i = 0; i < index; ++i) before += 4 + lengths[i];
    const int64_t length = lengths[index];
    PL_ASSIGN_OR_RETURN(const auto bytes, file_->ReadAt(start + before, 4 + length));
    if (bytes->size() != 4 + length || LittleEndian32(bytes->data()) != length) {
      return Corrupt(column, row, "the length before the value is not the one expected");
    }
    return arrow::SliceBuffer(bytes, 4, length);
  }

  Result<std::vector<BlobPlace>> PlacesOfPage(const std::string& column, int64_t row,
                                              std::span<const int64_t> lengths) override {
    PL_ASSIGN_OR_RETURN(const Place place, Find(column, row));
    if (place.page == nullptr || !place.plain) return std::vector<BlobPlace>();
    const int most = metadata_->schema()->Column(place.column)->max_definition_level();
    Result<std::vector<BlobPlace>> places =
        FindPlaces(file_.get(), *place.page, {place.dense, most}, lengths);
    if (places.ok()) return places;
    return WithContext(places.status(), fmt::format("reading {} column {} row {}", path_, column, row));
  }

 private:
  struct Place {
    int group = 0;
    int column = 0;
    bool plain = false;
    bool dense = false;
    const BlobPage* page = nullptr;  // null: no index, the chunk has to be read from its start
  };

  Status Corrupt(const std::string& column, int64_t row, const char* what) const {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("reading {} column {} row {}: {}", path_, column, row, what));
  }

  // Whether the bytes of a page, its header in front, are the ones that were written.
  Status CheckPage(const arrow::Buffer& bytes, const std::string& column, int64_t row) const {
    const auto header = ParsePageHeader({bytes.data(), static_cast<size_t>(bytes.size())});
    if (!header.ok() || header->header_size + header->page_size != bytes.size())
      return Corrupt(column, row, "the page's header and the page index disagree");
    if (!header->crc || *header->crc == Crc32(0, bytes.data() + header->header_size, header->page_size))
      return Status::OK();
    return Error(ErrorCode::kChecksum,
                 fmt::format("reading {} column {} row {}: the page's bytes do not have the checksum in its "
                             "header",
                             path_, column, row));
  }

  Result<Place> Find(const std::string& column, int64_t row) {
    if (row < 0 || row >= rows_) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("{} has {} rows, there is no row {}", path_, rows_, row));
    }
    Place place;
    place.column = metadata_->schema()->ColumnIndex(column);
    if (place.column < 0)
      return Error(ErrorCode::kNotFound, fmt::format("{} has no column '{}'", path_, column));
    place.group =
        static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), row) - starts_.begin()) - 1;
    PL_ASSIGN_OR_RETURN(const BlobChunk* chunk, LoadChunk(place.group, place.column));
    if (!chunk->indexed) return place;
    place.plain = chunk->plain;
    place.dense = chunk->dense;
    const auto after =
        std::upper_bound(chunk->pages.begin(), chunk->pages.end(), row,
                         [](int64_t wanted, const BlobPage& page) { return wanted < page.first_row; });
    if (after == chunk->pages.begin())
      return Corrupt(column, row, "the page index does not start at the first row");
    place.page = &*(after - 1);
    return place;
  }

  Result<const BlobChunk*> LoadChunk(int group, int column) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = chunks_.find({group, column});
    if (found != chunks_.end()) return found->second.get();
    auto chunk = std::make_unique<BlobChunk>();
    try {
      PL_ASSIGN_OR_RETURN(const int64_t file_size, file_->GetSize());
      PL_ASSIGN_OR_RETURN(*chunk, LoadBlobChunk(parquet_.get(), path_, file_size, group, column,
                                                starts_[static_cast<size_t>(group)]));
    } catch (const std::exception& e) {
      return Error(ErrorCode::kCorrupt, "reading the page index of " + path_ + ": " + e.what());
    }
    const BlobChunk* result = chunk.get();
    chunks_.emplace(std::pair(group, column), std::move(chunk));
    return result;
  }

  // Any encoding and codec, from the one page.
  Result<std::shared_ptr<arrow::Buffer>> DecodeFromPage(const Place& place, int64_t row) {
    const BlobPage& page = *place.page;
    PL_ASSIGN_OR_RETURN(auto bytes, file_->ReadAt(page.offset, page.size));
    try {
      auto stream = std::make_shared<arrow::io::BufferReader>(std::move(bytes));
      const auto chunk = metadata_->RowGroup(place.group)->ColumnChunk(place.column);
      const parquet::ColumnDescriptor* descriptor = metadata_->schema()->Column(place.column);
      auto pages = parquet::PageReader::Open(std::move(stream), page.rows, chunk->compression(),
                                             CheckedProperties(), *descriptor);
      const auto column = parquet::ColumnReader::Make(descriptor, std::move(pages));
      return ReadOne(static_cast<parquet::ByteArrayReader*>(column.get()), row - page.first_row);
    } catch (const std::exception& e) {
      return Error(ErrorCode::kCorrupt, "reading " + path_ + ": " + e.what());
    }
  }

  // The same without a page index, from the start of the column chunk.
  Result<std::shared_ptr<arrow::Buffer>> DecodeFromChunk(const Place& place, int64_t row) {
    try {
      const auto column = parquet_->RowGroup(place.group)->Column(place.column);
      return ReadOne(static_cast<parquet::ByteArrayReader*>(column.get()),
                     row - starts_[static_cast<size_t>(place.group)]);
    } catch (const std::exception& e) {
      return Error(ErrorCode::kCorrupt, "reading " + path_ + ": " + e.what());
    }
  }

  Result<std::shared_ptr<arrow::Buffer>> ReadOne(parquet::ByteArrayReader* column, int64_t skip) const {
    column->Skip(skip);
    int16_t definition = 0;
    parquet::ByteArray value;
    int64_t values_read = 0;
    const int16_t most = column->descr()->max_definition_level();
    column->ReadBatch(1, &definition, nullptr, &value, &values_read);
    if (values_read == 1) {
      return std::shared_ptr<arrow::Buffer>(
          arrow::Buffer::FromString(std::string(reinterpret_cast<const char*>(value.ptr), value.len)));
    }
    if (most > 0 && definition < most) return std::shared_ptr<arrow::Buffer>();
    return Corrupt(column->descr()->name(), skip, "the pages end before it");
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const std::unique_ptr<parquet::ParquetFileReader> parquet_;
  const std::string path_;
  const std::shared_ptr<parquet::FileMetaData> metadata_;
  std::vector<int64_t> starts_;  // first row of each row group
  int64_t rows_ = 0;
  std::mutex mutex_;
  std::map<std::pair<int, int>, std::unique_ptr<BlobChunk>> chunks_;
};

}  // namespace

Result<std::unique_ptr<BlobReader>> BlobReader::Open(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                     const std::string& path) {
  try {
    auto parquet = OpenParquet(file, CheckedProperties());
    auto reader = std::make_unique<Reader>(std::move(file), std::move(parquet), path);
    PL_RETURN_NOT_OK(reader->CountRows());
    return std::unique_ptr<BlobReader>(std::move(reader));
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, "opening " + path + " as Parquet: " + e.what());
  }
}

}  // namespace pixlake::file
