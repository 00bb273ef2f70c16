#include "file/blob/blob_parquet_writer.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>

#include "file/blob/blob_batch_internal.h"
#include "file/blob/blob_column_internal.h"
#include "file/blob/blob_properties_internal.h"
#include "file/page/bloom_filters_internal.h"
#include "file/page/levels.h"

namespace pixlake::file {
namespace {

constexpr char kMagic[] = "PAR1";
constexpr int64_t kMaxPageBytes = int64_t{64} << 20;

class Writer : public BlobParquetWriter {
 public:
  Writer(std::unique_ptr<io::OutputFile> output, std::shared_ptr<arrow::Schema> schema,
         BlobParquetOptions options)
      : output_(std::move(output)),
        schema_(std::move(schema)),
        options_(std::move(options)),
        page_bytes_(std::clamp<int64_t>(options_.page_bytes, 1, kMaxPageBytes)),
        blocks_(page_bytes_,
                options_.page_memory_bytes > 0 ? options_.page_memory_bytes
                                               : options_.row_group_bytes + options_.row_group_bytes / 4,
                output_->stream()) {}

  Status Init() {
    int leaf = 0;
    for (const auto& field : schema_->fields()) {
      blob_.push_back(IsBlob(*field->type()));
      leaves_.push_back(leaf);
      leaf += LeafCount(*field->type());
    }
    PL_ASSIGN_OR_RETURN(bloom_filters_, BloomFilters::Make(*schema_, options_.bloom_filter_columns));
    std::shared_ptr<parquet::SchemaDescriptor> descriptor;
    const auto with_ids = WithFieldIds(schema_, options_.field_ids);
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().build();
    PL_RETURN_NOT_OK(parquet::arrow::ToParquetSchema(
        with_ids.get(), *parquet::WriterProperties::Builder().build(), *arrow_properties, &descriptor));
    PL_ASSIGN_OR_RETURN(descriptor_, WithIntervals(*schema_, std::move(descriptor)));
    properties_ = PropertiesFor(*descriptor_, options_);
    metadata_ = parquet::FileMetaDataBuilder::Make(descriptor_.get(), properties_);
    page_index_ = parquet::PageIndexBuilder::Make(descriptor_.get());
    return output_->stream()->Write(kMagic, 4);
  }

  Status Write(const arrow::RecordBatch& batch) override {
    if (!Fits(*batch.schema())) {
      return Error(ErrorCode::kSchemaMismatch, "the rows have schema [" + batch.schema()->ToString() +
                                                   "], the file [" + schema_->ToString() + "]");
    }
    PL_RETURN_NOT_OK(CheckValueSizes(batch));
    return Guard([&] { return WriteRows(batch); });
  }

  int64_t bytes() const override { return closed_bytes_ + open_bytes_; }
  int64_t rows() const override { return rows_; }

  Result<WrittenFile> Close() override {
    std::unique_ptr<io::OutputFile> output;
    PL_ASSIGN_OR_RETURN(WrittenFile written, Finish(&output));
    PL_RETURN_NOT_OK(output->Close());
    return written;
  }

  Result<WrittenFile> Finish(std::unique_ptr<io::OutputFile>* output) override {
    WrittenFile written;
    PL_RETURN_NOT_OK(Guard([&] { return WriteFooter(&written); }));
    *output = std::move(output_);
    return written;
  }

 private:
  // The same schema, but for blobs that come as views.
  bool Fits(const arrow::Schema& schema) const {
    if (schema.num_fields() != schema_->num_fields()) return false;
    for (int i = 0; i < schema.num_fields(); ++i) {
      const arrow::Field& given = *schema.field(i);
      const bool view = blob_[static_cast<size_t>(i)] && given.type()->id() == arrow::Type::BINARY_VIEW &&
                        given.name() == schema_->field(i)->name();
      if (!view && !given.Equals(*schema_->field(i), /*check_metadata=*/false)) return false;
    }
    return true;
  }

  template <typename F>
  Status Guard(F&& body) {
    try {
      return body();
    } catch (const parquet::ParquetStatusException& e) {
      return e.status();
    } catch (const std::exception& e) {
      return Error(ErrorCode::kInternal, std::string("writing Parquet: ") + e.what());
    }
  }

  Status WriteRows(const arrow::RecordBatch& batch) {
    for (int64_t offset = 0; offset < batch.num_rows();) {
      if (BlobBytes(batch, offset, batch.num_rows()) >= options_.row_group_bytes) {
        // Enough for a row group of its own, which needs no copy of the blobs.
        PL_RETURN_NOT_OK(CloseRowGroup());
        const int64_t length = RowsThatFit(batch, offset);
        PL_RETURN_NOT_OK(OpenRowGroup());
        PL_RETURN_NOT_OK(WriteSlice(batch, offset, length, /*blobs_later=*/true));
        const LateBlobs late{&batch, offset, length};
        PL_RETURN_NOT_OK(CloseRowGroup(&late));
        offset += length;
        continue;
      }
      if (row_group_ == nullptr) PL_RETURN_NOT_OK(OpenRowGroup());
      const int64_t length = RowsThatFit(batch, offset);
      PL_RETURN_NOT_OK(WriteSlice(batch, offset, length, false));
      offset += length;
      if (open_bytes_ >= options_.row_group_bytes) PL_RETURN_NOT_OK(CloseRowGroup());
    }
    return Status::OK();
  }

  // At least one row, else as many as keep the row group's blobs within bounds.
  int64_t RowsThatFit(const arrow::RecordBatch& batch, int64_t offset) const {
    const int64_t room = options_.row_group_bytes - open_bytes_;
    int64_t fits = 1, most = batch.num_rows() - offset;
    while (fits < most) {
      const int64_t middle = fits + (most - fits + 1) / 2;
      if (BlobBytes(batch, offset, offset + middle) <= room) {
        fits = middle;
      } else {
        most = middle - 1;
      }
    }
    return fits;
  }

  Status OpenRowGroup() {
    row_group_ = metadata_->AppendRowGroup();
    page_index_->AppendRowGroup();
    rows_in_group_ = 0;
    int leaf = 0;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      if (blob_[static_cast<size_t>(i)]) {
        auto* chunk = row_group_->NextColumnChunk();
        blobs_.push_back(std::make_unique<BlobColumn>(chunk, page_index_->GetOffsetIndexBuilder(leaf),
                                                      schema_->field(i)->nullable(), page_bytes_, &blocks_));
        // Readers split a file by where a row group's first column starts, so only
        // a blob column in front may go straight to the file; others wait.
        if (leaf == 0) PL_RETURN_NOT_OK(blobs_.back()->Start(output_->stream()));
        plain_.push_back(nullptr);
        ++leaf;
        continue;
      }
      for (const int last = leaf + LeafCount(*schema_->field(i)->type()); leaf < last; ++leaf) {
        auto* chunk = row_group_->NextColumnChunk();
        plain_.push_back(parquet::ColumnWriter::Make(chunk, MakePager(chunk, leaf), properties_.get()));
        blobs_.push_back(nullptr);
      }
    }
    return Status::OK();
  }

  std::unique_ptr<parquet::PageWriter> MakePager(parquet::ColumnChunkMetaDataBuilder* chunk, int leaf) {
    const auto path = descriptor_->Column(leaf)->path();
    const bool compressed = properties_->compression(path) != parquet::Compression::UNCOMPRESSED;
    const auto codec =
        compressed ? properties_->codec_options(path) : std::make_shared<parquet::CodecOptions>();
    // The stream belongs to the output; parquet wants to share it.
    std::shared_ptr<arrow::io::OutputStream> borrowed(std::shared_ptr<void>(), output_->stream());
    return parquet::PageWriter::Open(
        std::move(borrowed), properties_->compression(path), chunk, static_cast<int16_t>(closed_groups_),
        static_cast<int16_t>(leaf), arrow::default_memory_pool(),
        /*buffered_row_group=*/true, nullptr, nullptr,
        /*page_write_checksum_enabled=*/true,
        properties_->statistics_enabled(path) ? page_index_->GetColumnIndexBuilder(leaf) : nullptr,
        page_index_->GetOffsetIndexBuilder(leaf), *codec);
  }

  // `blobs_later`: CloseRowGroup will be given them.
  Status WriteSlice(const arrow::RecordBatch& batch, int64_t offset, int64_t length, bool blobs_later) {
    size_t leaf = 0;
    for (int i = 0; i < batch.num_columns(); ++i) {
      const auto& column = batch.column(i);
      if (blob_[static_cast<size_t>(i)]) {
        if (!blobs_later) PL_RETURN_NOT_OK(blobs_[leaf]->Append(*column, offset, length));
        ++leaf;
        continue;
      }
      bloom_filters_.Add(i, *column, offset, length);
      std::vector<LeafColumn> leaves;
      PL_RETURN_NOT_OK(ShredLevels(*schema_->field(i), column->Slice(offset, length), &leaves));
      for (const LeafColumn& values : leaves) {
        PL_RETURN_NOT_OK(WriteLeaf(values, plain_[leaf++].get()));
      }
    }
    blob_bytes_ += BlobBytes(batch, offset, offset + length);
    open_bytes_ = blob_bytes_;
    for (const auto& writer : plain_) {
      if (writer != nullptr)
        open_bytes_ += writer->total_compressed_bytes() + writer->estimated_buffered_value_bytes();
    }
    rows_ += length;
    rows_in_group_ += length;
    return Status::OK();
  }

  static Status WriteLeaf(const LeafColumn& leaf, parquet::ColumnWriter* writer) {
    static const auto properties = parquet::default_arrow_writer_properties();
    parquet::ArrowWriteContext context(arrow::default_memory_pool(), properties.get());
    return writer->WriteArrow(leaf.definition_levels.empty() ? nullptr : leaf.definition_levels.data(),
                              leaf.repetition_levels.empty() ? nullptr : leaf.repetition_levels.data(),
                              leaf.num_levels, *leaf.values, &context, leaf.nullable);
  }

  // Rows whose blobs go from the batch to the file as the row group closes.
  struct LateBlobs {
    const arrow::RecordBatch* batch = nullptr;
    int64_t offset = 0;
    int64_t length = 0;
  };

  Status CloseRowGroup(const LateBlobs* late = nullptr) {
    if (row_group_ == nullptr) return Status::OK();
    // A slow disk holds up, so that what waits for it is one row group and not more.
    PL_RETURN_NOT_OK(output_->stream()->Flush());
    size_t leaf = 0;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      if (blob_[static_cast<size_t>(i)]) {
        BlobColumn* blobs = blobs_[leaf++].get();
        PL_RETURN_NOT_OK(blobs->Start(output_->stream()));
        if (late != nullptr) {
          PL_RETURN_NOT_OK(blobs->Append(*late->batch->column(i), late->offset, late->length));
        }
        PL_RETURN_NOT_OK(blobs->Close());
        continue;
      }
      const size_t last = leaf + static_cast<size_t>(LeafCount(*schema_->field(i)->type()));
      for (; leaf < last; ++leaf) plain_[leaf]->Close();
    }
    bloom_filters_.CloseRowGroup();
    PL_ASSIGN_OR_RETURN(const int64_t position, output_->stream()->Tell());
    row_group_->set_num_rows(rows_in_group_);
    row_group_->Finish(position - group_start_, static_cast<int16_t>(closed_groups_));
    group_start_ = position;
    closed_bytes_ = position;
    open_bytes_ = blob_bytes_ = 0;
    ++closed_groups_;
    row_group_ = nullptr;
    blobs_.clear();
    plain_.clear();
    return Status::OK();
  }

  Status WriteFooter(WrittenFile* written) {
    PL_RETURN_NOT_OK(CloseRowGroup());
    PL_ASSIGN_OR_RETURN(const auto filters, bloom_filters_.WriteTo(output_->stream(), leaves_));
    metadata_->SetIndexLocations(parquet::IndexKind::kBloomFilter, filters);
    page_index_->Finish();
    const auto locations = page_index_->WriteTo(output_->stream());
    metadata_->SetIndexLocations(parquet::IndexKind::kColumnIndex, locations.column_index_locations);
    metadata_->SetIndexLocations(parquet::IndexKind::kOffsetIndex, locations.offset_index_locations);
    const std::unique_ptr<parquet::FileMetaData> metadata = metadata_->Finish();
    parquet::WriteFileMetaData(*metadata, output_->stream());
    PL_ASSIGN_OR_RETURN(written->size, output_->stream()->Tell());
    PL_ASSIGN_OR_RETURN(written->statistics, CollectStatistics(*metadata, *schema_));
    return Status::OK();
  }

  std::unique_ptr<io::OutputFile> output_;
  const std::shared_ptr<arrow::Schema> schema_;
  const BlobParquetOptions options_;
  const int64_t page_bytes_;
  PageBlocks blocks_;
  std::vector<bool> blob_;   // by field
  std::vector<int> leaves_;  // the first of each field
  BloomFilters bloom_filters_;
  std::shared_ptr<parquet::SchemaDescriptor> descriptor_;
  std::shared_ptr<parquet::WriterProperties> properties_;
  std::unique_ptr<parquet::FileMetaDataBuilder> metadata_;
  std::unique_ptr<parquet::PageIndexBuilder> page_index_;
  parquet::RowGroupMetaDataBuilder* row_group_ = nullptr;  // owned by metadata_
  // By leaf; exactly one of the two is set.
  std::vector<std::unique_ptr<BlobColumn>> blobs_;
  std::vector<std::shared_ptr<parquet::ColumnWriter>> plain_;
  int closed_groups_ = 0;
  int64_t group_start_ = 4;
  int64_t closed_bytes_ = 4;
  int64_t open_bytes_ = 0;  // of the open row group, blobs and the rest
  int64_t blob_bytes_ = 0;
  int64_t rows_ = 0;
  int64_t rows_in_group_ = 0;
};

}  // namespace

Result<std::unique_ptr<BlobParquetWriter>> BlobParquetWriter::Open(std::unique_ptr<io::OutputFile> output,
                                                                   std::shared_ptr<arrow::Schema> schema,
                                                                   BlobParquetOptions options) {
  auto writer = std::make_unique<Writer>(std::move(output), std::move(schema), std::move(options));
  try {
    PL_RETURN_NOT_OK(writer->Init());
  } catch (const std::exception& e) {
    return Error(ErrorCode::kInternal, std::string("starting a Parquet file: ") + e.what());
  }
  return std::unique_ptr<BlobParquetWriter>(std::move(writer));
}

}  // namespace pixlake::file
