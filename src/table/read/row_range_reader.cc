#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <arrow/api.h>
#include <arrow/array/concatenate.h>
#include <arrow/io/buffered.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include "io/arrow_input.h"
#include "table/read/row_range_reader_internal.h"

namespace pixlake::table {
namespace {

// Bytes of the file.
struct Piece {
  int64_t offset = 0;
  int64_t size = 0;
};

// A column chunk's pages, one after the other in the file.
struct ChunkPages {
  Piece before;  // the dictionary, when there is one
  std::vector<parquet::PageLocation> pages;
};

// Pages of a column chunk that are read, and how many rows each has.
struct Selected {
  std::vector<Piece> pieces;
  std::vector<int64_t> rows;
};

// Pages that have as many rows as the index says; else rows would come for others.
class CheckedPages : public parquet::PageReader {
 public:
  CheckedPages(std::unique_ptr<parquet::PageReader> pages, std::vector<int64_t> rows)
      : pages_(std::move(pages)), rows_(std::move(rows)) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    std::shared_ptr<parquet::Page> page = pages_->NextPage();
    const bool data = page != nullptr && (page->type() == parquet::PageType::DATA_PAGE ||
                                          page->type() == parquet::PageType::DATA_PAGE_V2);
    if (!data) return page;
    // Of a flat column: one value for each row.
    if (next_ == rows_.size() || static_cast<const parquet::DataPage&>(*page).num_values() != rows_[next_])
      throw parquet::ParquetException("a page has other rows than the page index says");
    ++next_;
    return page;
  }
  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  const std::unique_ptr<parquet::PageReader> pages_;
  const std::vector<int64_t> rows_;
  size_t next_ = 0;
};

// Pieces of a file as one stream.
class PiecesStream : public io::SequentialInput {
 public:
  PiecesStream(std::shared_ptr<arrow::io::RandomAccessFile> file, std::vector<Piece> pieces)
      : file_(std::move(file)), pieces_(std::move(pieces)) {}

 private:
  Result<int64_t> Take(int64_t count, uint8_t* out) override {
    int64_t done = 0;
    while (done < count && piece_ < pieces_.size()) {
      Piece& piece = pieces_[piece_];
      const int64_t wanted = std::min(count - done, piece.size);
      PL_ASSIGN_OR_RETURN(const int64_t got, file_->ReadAt(piece.offset, wanted, out + done));
      if (got != wanted) return Error(ErrorCode::kCorrupt, "the file ends inside a page");
      piece.offset += got;
      piece.size -= got;
      done += got;
      if (piece.size == 0) ++piece_;
    }
    return done;
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::vector<Piece> pieces_;
  size_t piece_ = 0;
};

// The file as Parquet's decoder sees it: of each column chunk only the pages selected last.
class SelectedPages : public parquet::ParquetFileReader::Contents {
 public:
  SelectedPages(std::shared_ptr<arrow::io::RandomAccessFile> input,
                std::unique_ptr<parquet::ParquetFileReader> whole, int64_t buffer_bytes)
      : input_(std::move(input)), whole_(std::move(whole)), buffer_bytes_(buffer_bytes) {}

  void Select(Selected selected) { selected_ = std::move(selected); }

  void Close() override {}
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return whole_->metadata(); }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override {
    return whole_->GetPageIndexReader();
  }
  parquet::BloomFilterReader& GetBloomFilterReader() override { return whole_->GetBloomFilterReader(); }
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int group) override {
    return std::make_shared<parquet::RowGroupReader>(std::make_unique<Group>(this, group));
  }

 private:
  class Group : public parquet::RowGroupReader::Contents {
   public:
    Group(SelectedPages* file, int group) : file_(file), metadata_(file->metadata()->RowGroup(group)) {}

    const parquet::RowGroupMetaData* metadata() const override { return metadata_.get(); }
    const parquet::ReaderProperties* properties() const override { return &file_->properties_; }
    std::unique_ptr<parquet::PageReader> GetColumnPageReader(int leaf) override {
      auto pieces = std::make_shared<PiecesStream>(file_->input_, file_->selected_.pieces);
      int64_t bytes = 0;
      for (const Piece& piece : file_->selected_.pieces) bytes += piece.size;
      PARQUET_ASSIGN_OR_THROW(auto stream, arrow::io::BufferedInputStream::Create(
                                               std::clamp<int64_t>(bytes, 1, file_->buffer_bytes_),
                                               arrow::default_memory_pool(), std::move(pieces)));
      const auto& rows = file_->selected_.rows;
      auto pages =
          parquet::PageReader::Open(std::move(stream), std::accumulate(rows.begin(), rows.end(), int64_t{0}),
                                    metadata_->ColumnChunk(leaf)->compression(), file_->properties_,
                                    *metadata_->schema()->Column(leaf));
      return std::make_unique<CheckedPages>(std::move(pages), rows);
    }

   private:
    SelectedPages* const file_;
    const std::unique_ptr<parquet::RowGroupMetaData> metadata_;
  };

  const std::shared_ptr<arrow::io::RandomAccessFile> input_;
  const std::unique_ptr<parquet::ParquetFileReader> whole_;
  const int64_t buffer_bytes_;
  const parquet::ReaderProperties properties_;
  Selected selected_;
};

// nullopt when the index does not fit the chunk: nothing in it is trusted.
std::optional<ChunkPages> PagesOf(const parquet::OffsetIndex& index,
                                  const parquet::ColumnChunkMetaData& chunk, int64_t rows) {
  ChunkPages found;
  found.pages = index.page_locations();
  if (found.pages.empty() || found.pages[0].first_row_index != 0) return std::nullopt;
  int64_t start = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0)
    start = std::min(start, chunk.dictionary_page_offset());
  const int64_t size = chunk.total_compressed_size();
  int64_t at = found.pages[0].offset;
  if (start < 0 || size < 0 || at < start || at - start > size) return std::nullopt;
  found.before = {start, at - start};
  for (size_t i = 0; i < found.pages.size(); ++i) {
    const auto& page = found.pages[i];
    const int64_t next = i + 1 < found.pages.size() ? found.pages[i + 1].first_row_index : rows;
    if (page.offset != at || page.compressed_page_size <= 0 || next <= page.first_row_index)
      return std::nullopt;
    at += page.compressed_page_size;
    if (at - start > size) return std::nullopt;
  }
  return found;
}

class Reader : public RowRangeReader {
 public:
  Reader(std::vector<int> leaves, SelectedPages* selection, std::unique_ptr<parquet::arrow::FileReader> file)
      : leaves_(std::move(leaves)), selection_(selection), file_(std::move(file)) {}

  Result<bool> Knows(int row_group) override {
    if (row_group == row_group_) return known_;
    row_group_ = row_group;
    known_ = false;
    chunks_.clear();
    const auto group = selection_->metadata()->RowGroup(row_group);
    rows_ = group->num_rows();
    try {
      const auto reader = selection_->GetPageIndexReader();
      const auto indexes = reader == nullptr ? nullptr : reader->RowGroup(row_group);
      if (indexes == nullptr) return false;
      for (const int leaf : leaves_) {
        const auto index = indexes->GetOffsetIndex(leaf);
        auto pages = index == nullptr ? std::nullopt : PagesOf(*index, *group->ColumnChunk(leaf), rows_);
        if (!pages) return false;
        chunks_.push_back(*std::move(pages));
      }
    } catch (const parquet::ParquetException&) {
      return false;  // without the index everything is read
    }
    known_ = true;
    return true;
  }

  Status Start(int row_group, RowRange range, int64_t batch_rows) override {
    PL_ASSIGN_OR_RETURN(const bool known, Knows(row_group));
    if (!known || range.first < 0 || range.count < 0 || range.first > rows_ - range.count)
      return Error(ErrorCode::kInternal, "rows are asked for whose pages are not known");
    columns_.clear();
    fields_.clear();
    file_->set_batch_size(batch_rows);
    for (size_t i = 0; i < leaves_.size(); ++i) {
      Column column;
      selection_->Select(SelectRows(chunks_[i], range, &column.skip));
      PL_ASSIGN_OR_RETURN(column.reader, file_->GetRecordBatchReader({row_group}, {leaves_[i]}));
      if (column.reader->schema()->num_fields() != 1)
        return Error(ErrorCode::kInternal, "a leaf is not one column");
      fields_.push_back(column.reader->schema()->field(0));
      columns_.push_back(std::move(column));
    }
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t rows) override {
    arrow::ArrayVector arrays;
    for (Column& column : columns_) {
      PL_ASSIGN_OR_RETURN(auto array, Take(&column, rows));
      arrays.push_back(std::move(array));
    }
    return arrow::RecordBatch::Make(arrow::schema(fields_), rows, std::move(arrays));
  }

 private:
  struct Column {
    std::unique_ptr<arrow::RecordBatchReader> reader;
    std::shared_ptr<arrow::Array> decoded;  // and not given yet
    int64_t skip = 0;                       // rows of the first page before those wanted
  };

  // The pages with rows of the range; `skip`: how many rows the first has before it.
  Selected SelectRows(const ChunkPages& chunk, RowRange range, int64_t* skip) const {
    const auto after = [](int64_t row, const parquet::PageLocation& page) {
      return row < page.first_row_index;
    };
    const auto& pages = chunk.pages;
    const auto first = std::upper_bound(pages.begin(), pages.end(), range.first, after) - 1;
    const auto end = std::lower_bound(
        first + 1, pages.end(), range.first + range.count,
        [](const parquet::PageLocation& page, int64_t row) { return page.first_row_index < row; });
    *skip = range.first - first->first_row_index;
    Selected selected;
    if (chunk.before.size > 0) selected.pieces.push_back(chunk.before);
    const auto& last = *(end - 1);
    selected.pieces.push_back({first->offset, last.offset + last.compressed_page_size - first->offset});
    for (auto page = first; page != end; ++page) {
      const auto next = page + 1;
      selected.rows.push_back((next == pages.end() ? rows_ : next->first_row_index) - page->first_row_index);
    }
    return selected;
  }

  static Result<std::shared_ptr<arrow::Array>> Take(Column* column, int64_t rows) {
    arrow::ArrayVector parts;
    for (int64_t have = 0; have < rows;) {
      if (column->decoded == nullptr || column->decoded->length() == 0) {
        std::shared_ptr<arrow::RecordBatch> batch;
        PL_RETURN_NOT_OK(column->reader->ReadNext(&batch));
        if (batch == nullptr || batch->num_rows() == 0)
          return Error(ErrorCode::kCorrupt, "its pages have fewer rows than the page index says");
        const int64_t skipped = std::min(column->skip, batch->num_rows());
        column->skip -= skipped;
        column->decoded = batch->column(0)->Slice(skipped);
        continue;
      }
      parts.push_back(column->decoded->Slice(0, rows - have));
      column->decoded = column->decoded->Slice(parts.back()->length());
      have += parts.back()->length();
    }
    if (parts.size() == 1) return parts[0];
    return arrow::Concatenate(parts);
  }

  const std::vector<int> leaves_;
  SelectedPages* const selection_;  // is in file_
  const std::unique_ptr<parquet::arrow::FileReader> file_;
  int row_group_ = -1;  // that chunks_ and rows_ are of
  bool known_ = false;
  std::vector<ChunkPages> chunks_;  // one for each leaf
  int64_t rows_ = 0;
  std::vector<Column> columns_;
  arrow::FieldVector fields_;
};

}  // namespace

Result<std::unique_ptr<RowRangeReader>> RowRangeReader::Make(
    std::shared_ptr<arrow::io::RandomAccessFile> input,
    const std::shared_ptr<parquet::FileMetaData>& metadata, const parquet::ArrowReaderProperties& properties,
    const std::vector<int>& leaves, int64_t buffer_bytes) {
  if (metadata->is_encryption_algorithm_set()) return nullptr;
  for (const int leaf : leaves) {
    const parquet::ColumnDescriptor& column = *metadata->schema()->Column(leaf);
    const bool flat = column.max_repetition_level() == 0 && column.path()->ToDotVector().size() == 1;
    if (!flat) return nullptr;
  }
  auto whole = parquet::ParquetFileReader::Open(input, parquet::default_reader_properties(), metadata);
  auto contents = std::make_unique<SelectedPages>(std::move(input), std::move(whole), buffer_bytes);
  SelectedPages* const selection = contents.get();
  auto selected = std::make_unique<parquet::ParquetFileReader>();
  selected->Open(std::move(contents));
  PL_ASSIGN_OR_RETURN(auto reader, parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                                                    std::move(selected), properties));
  return std::make_unique<Reader>(leaves, selection, std::move(reader));
}

}  // namespace pixlake::table
