#include "file/blob_parquet_writer.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>

#include "file/blob_column_internal.h"
#include "file/levels.h"

namespace pixlake::file {
namespace {

constexpr char kMagic[] = "PAR1";

bool IsBlob(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}

// OutputFile's stream belongs to the file; parquet wants to share it.
std::shared_ptr<arrow::io::OutputStream> Borrow(arrow::io::OutputStream* stream) {
  return {std::shared_ptr<void>(), stream};
}

// Turns off, for every binary leaf however deep, what must never touch a blob.
void ExemptBlobs(const parquet::SchemaDescriptor& schema, parquet::WriterProperties::Builder* builder) {
  for (int i = 0; i < schema.num_columns(); ++i) {
    const parquet::ColumnDescriptor* column = schema.Column(i);
    const bool text = column->logical_type() != nullptr && column->logical_type()->is_string();
    if (column->physical_type() != parquet::Type::BYTE_ARRAY || text) continue;
    const auto path = column->path();
    builder->disable_dictionary(path)->disable_statistics(path)->encoding(path, parquet::Encoding::PLAIN);
    builder->compression(path, parquet::Compression::UNCOMPRESSED);
  }
}

std::shared_ptr<arrow::Schema> WithFieldIds(const std::shared_ptr<arrow::Schema>& schema,
                                            const std::vector<int32_t>& ids) {
  if (ids.empty()) return schema;
  arrow::FieldVector fields = schema->fields();
  for (size_t i = 0; i < fields.size() && i < ids.size(); ++i) {
    const auto metadata = arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(ids[i])});
    fields[i] = fields[i]->WithMergedMetadata(metadata);
  }
  return arrow::schema(std::move(fields));
}

// Value bytes of rows before `row`, for cutting batches by bytes.
int64_t ByteOffset(const arrow::Array& array, int64_t row) {
  if (array.type_id() == arrow::Type::LARGE_BINARY)
    return static_cast<const arrow::LargeBinaryArray&>(array).value_offset(row);
  return static_cast<const arrow::BinaryArray&>(array).value_offset(row);
}

class Writer : public BlobParquetWriter {
 public:
  Writer(std::unique_ptr<io::OutputFile> output, std::shared_ptr<arrow::Schema> schema,
         BlobParquetOptions options)
      : output_(std::move(output)), schema_(std::move(schema)), options_(std::move(options)) {}

  Status Init() {
    for (const auto& field : schema_->fields()) blob_.push_back(IsBlob(*field->type()));
    std::shared_ptr<parquet::SchemaDescriptor> descriptor;
    const auto with_ids = WithFieldIds(schema_, options_.field_ids);
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().build();
    PL_RETURN_NOT_OK(parquet::arrow::ToParquetSchema(
        with_ids.get(), *parquet::WriterProperties::Builder().build(), *arrow_properties, &descriptor));
    descriptor_ = std::move(descriptor);
    parquet::WriterProperties::Builder builder;
    builder.compression(parquet::Compression::ZSTD)->compression_level(options_.zstd_level);
    builder.enable_write_page_index()->created_by("pixlake version 0.1.0");
    ExemptBlobs(*descriptor_, &builder);
    properties_ = builder.build();
    metadata_ = parquet::FileMetaDataBuilder::Make(descriptor_.get(), properties_);
    page_index_ = parquet::PageIndexBuilder::Make(descriptor_.get());
    return output_->stream()->Write(kMagic, 4);
  }

  Status Write(const arrow::RecordBatch& batch) override {
    if (!batch.schema()->Equals(*schema_, /*check_metadata=*/false)) {
      return Error(ErrorCode::kSchemaMismatch, "the rows have schema [" + batch.schema()->ToString() +
                                                   "], the file [" + schema_->ToString() + "]");
    }
    return Guard([&] { return WriteRows(batch); });
  }

  int64_t bytes() const override { return closed_bytes_ + open_bytes_; }
  int64_t rows() const override { return rows_; }

  Result<WrittenFile> Close() override {
    WrittenFile written;
    PL_RETURN_NOT_OK(Guard([&] { return Finish(&written); }));
    PL_RETURN_NOT_OK(output_->Close());
    return written;
  }

 private:
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
      if (row_group_ == nullptr) PL_RETURN_NOT_OK(OpenRowGroup());
      const int64_t length = RowsThatFit(batch, offset);
      PL_RETURN_NOT_OK(WriteSlice(batch, offset, length));
      offset += length;
      if (open_bytes_ >= options_.row_group_bytes) PL_RETURN_NOT_OK(CloseRowGroup());
    }
    return Status::OK();
  }

  // At least one row, else as many as keep the row group's blobs within bounds.
  int64_t RowsThatFit(const arrow::RecordBatch& batch, int64_t offset) const {
    int64_t last = batch.num_rows();
    const int64_t room = options_.row_group_bytes - open_bytes_;
    while (last - offset > 1 && BlobBytes(batch, offset, last) > room) last = offset + (last - offset) / 2;
    return last - offset;
  }

  int64_t BlobBytes(const arrow::RecordBatch& batch, int64_t first, int64_t last) const {
    int64_t bytes = 0;
    for (int i = 0; i < batch.num_columns(); ++i) {
      if (blob_[static_cast<size_t>(i)])
        bytes += ByteOffset(*batch.column(i), last) - ByteOffset(*batch.column(i), first);
    }
    return bytes;
  }

  Status OpenRowGroup() {
    row_group_ = metadata_->AppendRowGroup();
    page_index_->AppendRowGroup();
    rows_in_group_ = 0;
    int leaf = 0;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      if (blob_[static_cast<size_t>(i)]) {
        // Readers split a file by where a row group's first column starts, so only
        // a blob column in front may go straight to the file; others wait.
        auto* chunk = row_group_->NextColumnChunk();
        blobs_.push_back(std::make_unique<BlobColumn>(MakePager(chunk, leaf, /*buffered=*/leaf != 0), chunk,
                                                      schema_->field(i)->nullable(), options_.page_bytes));
        plain_.push_back(nullptr);
        ++leaf;
        continue;
      }
      for (const int last = leaf + LeafCount(*schema_->field(i)->type()); leaf < last; ++leaf) {
        auto* chunk = row_group_->NextColumnChunk();
        plain_.push_back(parquet::ColumnWriter::Make(chunk, MakePager(chunk, leaf, true), properties_.get()));
        blobs_.push_back(nullptr);
      }
    }
    return Status::OK();
  }

  static int LeafCount(const arrow::DataType& type) {
    if (type.num_fields() == 0) return 1;
    int count = 0;
    for (const auto& child : type.fields()) count += LeafCount(*child->type());
    return count;
  }

  std::unique_ptr<parquet::PageWriter> MakePager(parquet::ColumnChunkMetaDataBuilder* chunk, int leaf,
                                                 bool buffered) {
    const auto path = descriptor_->Column(leaf)->path();
    const bool statistics = properties_->statistics_enabled(path);
    const bool compressed = properties_->compression(path) != parquet::Compression::UNCOMPRESSED;
    const auto codec =
        compressed ? properties_->codec_options(path) : std::make_shared<parquet::CodecOptions>();
    return parquet::PageWriter::Open(Borrow(output_->stream()), properties_->compression(path), chunk,
                                     static_cast<int16_t>(closed_groups_), static_cast<int16_t>(leaf),
                                     arrow::default_memory_pool(), buffered, nullptr, nullptr,
                                     /*page_write_checksum_enabled=*/false,
                                     statistics ? page_index_->GetColumnIndexBuilder(leaf) : nullptr,
                                     page_index_->GetOffsetIndexBuilder(leaf), *codec);
  }

  Status WriteSlice(const arrow::RecordBatch& batch, int64_t offset, int64_t length) {
    size_t leaf = 0;
    for (int i = 0; i < batch.num_columns(); ++i) {
      const auto& column = batch.column(i);
      if (blob_[static_cast<size_t>(i)]) {
        PL_RETURN_NOT_OK(blobs_[leaf++]->Append(*column, offset, length));
        continue;
      }
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

  Status CloseRowGroup() {
    if (row_group_ == nullptr) return Status::OK();
    for (size_t leaf = 0; leaf < plain_.size(); ++leaf) {
      if (blobs_[leaf] != nullptr) {
        PL_RETURN_NOT_OK(blobs_[leaf]->Close());
      } else {
        plain_[leaf]->Close();
      }
    }
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

  Status Finish(WrittenFile* written) {
    PL_RETURN_NOT_OK(CloseRowGroup());
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

  const std::unique_ptr<io::OutputFile> output_;
  const std::shared_ptr<arrow::Schema> schema_;
  const BlobParquetOptions options_;
  std::vector<bool> blob_;  // by field
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
