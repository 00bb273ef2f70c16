#include <arrow/api.h>

#include "delta/checkpoint_writer_internal.h"

namespace pixlake::delta {

namespace {

std::shared_ptr<arrow::DataType> TextMapType() {
  return arrow::map(arrow::utf8(), arrow::utf8());
}

std::shared_ptr<arrow::DataType> TextListType() {
  return arrow::list(arrow::field("element", arrow::utf8()));
}

std::shared_ptr<arrow::DataType> DeletionVectorType() {
  return arrow::struct_({arrow::field("storageType", arrow::utf8()),
                         arrow::field("pathOrInlineDv", arrow::utf8()),
                         arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
                         arrow::field("cardinality", arrow::int64())});
}

// PROTOCOL.md, "Checkpoint Schema".
std::shared_ptr<arrow::Schema> CheckpointSchema() {
  const auto& text = arrow::utf8();
  const auto& number = arrow::int64();
  return arrow::schema({
      arrow::field("txn", arrow::struct_({arrow::field("appId", text), arrow::field("version", number),
                                          arrow::field("lastUpdated", number)})),
      arrow::field(
          "add",
          arrow::struct_({arrow::field("path", text), arrow::field("partitionValues", TextMapType()),
                          arrow::field("size", number), arrow::field("modificationTime", number),
                          arrow::field("dataChange", arrow::boolean()), arrow::field("stats", text),
                          arrow::field("tags", TextMapType()),
                          arrow::field("deletionVector", DeletionVectorType()),
                          arrow::field("baseRowId", number), arrow::field("defaultRowCommitVersion", number),
                          arrow::field("clusteringProvider", text)})),
      arrow::field(
          "remove",
          arrow::struct_(
              {arrow::field("path", text), arrow::field("deletionTimestamp", number),
               arrow::field("dataChange", arrow::boolean()),
               arrow::field("extendedFileMetadata", arrow::boolean()),
               arrow::field("partitionValues", TextMapType()), arrow::field("size", number),
               arrow::field("tags", TextMapType()), arrow::field("deletionVector", DeletionVectorType()),
               arrow::field("baseRowId", number), arrow::field("defaultRowCommitVersion", number)})),
      arrow::field(
          "metaData",
          arrow::struct_(
              {arrow::field("id", text), arrow::field("name", text), arrow::field("description", text),
               arrow::field("format", arrow::struct_({arrow::field("provider", text),
                                                      arrow::field("options", TextMapType())})),
               arrow::field("schemaString", text), arrow::field("partitionColumns", TextListType()),
               arrow::field("createdTime", number), arrow::field("configuration", TextMapType())})),
      arrow::field("protocol", arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                                               arrow::field("minWriterVersion", arrow::int32()),
                                               arrow::field("readerFeatures", TextListType()),
                                               arrow::field("writerFeatures", TextListType())})),
      arrow::field("domainMetadata",
                   arrow::struct_({arrow::field("domain", text), arrow::field("configuration", text),
                                   arrow::field("removed", arrow::boolean())})),
  });
}

// One struct being appended to: each Put fills the next field, so the order of calls
// is the order of the type's fields.
class RowBuilder {
 public:
  static Result<RowBuilder> Begin(arrow::ArrayBuilder* builder) {
    auto* record = static_cast<arrow::StructBuilder*>(builder);
    PL_RETURN_NOT_OK(record->Append());
    return RowBuilder(record);
  }

  Status Text(const std::optional<std::string>& value) {
    auto* out = Next<arrow::StringBuilder>();
    return value ? out->Append(*value) : out->AppendNull();
  }
  Status Long(const std::optional<int64_t>& value) {
    auto* out = Next<arrow::Int64Builder>();
    return value ? out->Append(*value) : out->AppendNull();
  }
  Status Int(const std::optional<int64_t>& value) {
    auto* out = Next<arrow::Int32Builder>();
    if (value && (*value < INT32_MIN || *value > INT32_MAX)) {
      return Error(ErrorCode::kCorrupt, "a number in the log does not fit 32 bits");
    }
    return value ? out->Append(static_cast<int32_t>(*value)) : out->AppendNull();
  }
  Status Flag(const std::optional<bool>& value) {
    auto* out = Next<arrow::BooleanBuilder>();
    return value ? out->Append(*value) : out->AppendNull();
  }
  template <typename Map>
  Status TextMap(const Map* values) {
    auto* out = Next<arrow::MapBuilder>();
    if (values == nullptr) {
      return out->AppendNull();
    }
    PL_RETURN_NOT_OK(out->Append());
    for (const auto& [key, value] : *values) {
      PL_RETURN_NOT_OK(static_cast<arrow::StringBuilder*>(out->key_builder())->Append(key));
      auto* items = static_cast<arrow::StringBuilder*>(out->item_builder());
      const std::optional<std::string> item = value;
      PL_RETURN_NOT_OK(item ? items->Append(*item) : items->AppendNull());
    }
    return Status::OK();
  }
  Status TextList(const std::vector<std::string>* values) {
    auto* out = Next<arrow::ListBuilder>();
    if (values == nullptr) {
      return out->AppendNull();
    }
    PL_RETURN_NOT_OK(out->Append());
    return static_cast<arrow::StringBuilder*>(out->value_builder())->AppendValues(*values);
  }
  Status DeletionVector(const std::optional<DeletionVectorDescriptor>& vector) {
    auto* out = Next<arrow::StructBuilder>();
    if (!vector) {
      return out->AppendNull();
    }
    PL_ASSIGN_OR_RETURN(RowBuilder row, Begin(out));
    PL_RETURN_NOT_OK(row.Text(vector->storage_type));
    PL_RETURN_NOT_OK(row.Text(vector->path_or_inline));
    PL_RETURN_NOT_OK(row.Int(vector->offset));
    PL_RETURN_NOT_OK(row.Int(vector->size_in_bytes));
    return row.Long(vector->cardinality);
  }
  Result<RowBuilder> Struct() { return Begin(Next<arrow::StructBuilder>()); }

 private:
  explicit RowBuilder(arrow::StructBuilder* record) : record_(record) {}

  template <typename Builder>
  Builder* Next() {
    return static_cast<Builder*>(record_->field_builder(next_++));
  }

  arrow::StructBuilder* record_;
  int next_ = 0;
};

std::optional<std::string> NullIfEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Status AppendTo(RowBuilder row, const Txn& txn) {
  PL_RETURN_NOT_OK(row.Text(txn.app_id));
  PL_RETURN_NOT_OK(row.Long(txn.version));
  return row.Long(txn.last_updated);
}

Status AppendTo(RowBuilder row, const AddFile& add) {
  PL_RETURN_NOT_OK(row.Text(add.path));
  PL_RETURN_NOT_OK(row.TextMap(&add.partition_values));
  PL_RETURN_NOT_OK(row.Long(add.size));
  PL_RETURN_NOT_OK(row.Long(add.modification_time));
  PL_RETURN_NOT_OK(row.Flag(false));  // a checkpoint changes nothing
  PL_RETURN_NOT_OK(row.Text(NullIfEmpty(add.stats)));
  PL_RETURN_NOT_OK(row.TextMap(add.tags.empty() ? nullptr : &add.tags));
  PL_RETURN_NOT_OK(row.DeletionVector(add.deletion_vector));
  PL_RETURN_NOT_OK(row.Long(add.base_row_id));
  PL_RETURN_NOT_OK(row.Long(add.default_row_commit_version));
  return row.Text(add.clustering_provider);
}

Status AppendTo(RowBuilder row, const RemoveFile& remove) {
  const bool extended = remove.extended_file_metadata.value_or(false);
  PL_RETURN_NOT_OK(row.Text(remove.path));
  PL_RETURN_NOT_OK(row.Long(remove.deletion_timestamp));
  PL_RETURN_NOT_OK(row.Flag(false));
  PL_RETURN_NOT_OK(row.Flag(remove.extended_file_metadata));
  PL_RETURN_NOT_OK(row.TextMap(extended ? &remove.partition_values : nullptr));
  PL_RETURN_NOT_OK(row.Long(remove.size));
  PL_RETURN_NOT_OK(row.TextMap(remove.tags.empty() ? nullptr : &remove.tags));
  PL_RETURN_NOT_OK(row.DeletionVector(remove.deletion_vector));
  PL_RETURN_NOT_OK(row.Long(remove.base_row_id));
  return row.Long(remove.default_row_commit_version);
}

Status AppendTo(RowBuilder row, const Metadata& metadata) {
  PL_RETURN_NOT_OK(row.Text(metadata.id));
  PL_RETURN_NOT_OK(row.Text(NullIfEmpty(metadata.name)));
  PL_RETURN_NOT_OK(row.Text(NullIfEmpty(metadata.description)));
  PL_ASSIGN_OR_RETURN(RowBuilder format, row.Struct());
  PL_RETURN_NOT_OK(format.Text(metadata.format_provider));
  PL_RETURN_NOT_OK(format.TextMap(&metadata.format_options));
  PL_RETURN_NOT_OK(row.Text(metadata.schema_string));
  PL_RETURN_NOT_OK(row.TextList(&metadata.partition_columns));
  PL_RETURN_NOT_OK(row.Long(metadata.created_time));
  return row.TextMap(&metadata.configuration);
}

Status AppendTo(RowBuilder row, const Protocol& protocol) {
  PL_RETURN_NOT_OK(row.Int(protocol.min_reader_version));
  PL_RETURN_NOT_OK(row.Int(protocol.min_writer_version));
  PL_RETURN_NOT_OK(row.TextList(protocol.min_reader_version >= 3 ? &protocol.reader_features : nullptr));
  return row.TextList(protocol.min_writer_version >= 7 ? &protocol.writer_features : nullptr);
}

Status AppendTo(RowBuilder row, const DomainMetadata& domain) {
  PL_RETURN_NOT_OK(row.Text(domain.domain));
  PL_RETURN_NOT_OK(row.Text(domain.configuration));
  return row.Flag(domain.removed);
}

// The columns of a checkpoint: each action fills one and leaves the others null.
class CheckpointRows {
 public:
  static Result<CheckpointRows> Make() {
    CheckpointRows rows;
    PL_ASSIGN_OR_RETURN(rows.builder_,
                        arrow::RecordBatchBuilder::Make(CheckpointSchema(), arrow::default_memory_pool()));
    return rows;
  }

  template <typename T>
  Status Append(int column, const T& action) {
    for (int i = 0; i < builder_->num_fields(); ++i) {
      if (i != column) {
        PL_RETURN_NOT_OK(builder_->GetField(i)->AppendNull());
      }
    }
    PL_ASSIGN_OR_RETURN(RowBuilder row, RowBuilder::Begin(builder_->GetField(column)));
    PL_RETURN_NOT_OK(AppendTo(row, action));
    // Batches keep any one column's text below 2 GiB.
    return ++rows_ % kBatchRows == 0 ? Flush() : Status::OK();
  }

  Result<std::shared_ptr<arrow::Table>> Finish() {
    PL_RETURN_NOT_OK(Flush());
    return arrow::Table::FromRecordBatches(CheckpointSchema(), batches_);
  }

 private:
  static constexpr int64_t kBatchRows = 16384;

  Status Flush() {
    PL_ASSIGN_OR_RETURN(auto batch, builder_->Flush());
    batches_.push_back(std::move(batch));
    return Status::OK();
  }

  std::unique_ptr<arrow::RecordBatchBuilder> builder_;
  arrow::RecordBatchVector batches_;
  int64_t rows_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::Table>> CheckpointTable(const TableState& state, int64_t expired_before_ms) {
  enum Column { kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomain };
  PL_ASSIGN_OR_RETURN(CheckpointRows rows, CheckpointRows::Make());
  PL_RETURN_NOT_OK(rows.Append(kProtocol, state.protocol));
  PL_RETURN_NOT_OK(rows.Append(kMetadata, state.metadata));
  for (const auto& [app_id, txn] : state.txns) {
    PL_RETURN_NOT_OK(rows.Append(kTxn, txn));
  }
  for (const auto& [name, domain] : state.domains) {
    PL_RETURN_NOT_OK(rows.Append(kDomain, domain));
  }
  for (const AddFile& add : state.files) {
    PL_RETURN_NOT_OK(rows.Append(kAdd, add));
  }
  for (const RemoveFile& remove : state.tombstones) {
    if (remove.deletion_timestamp.value_or(0) > expired_before_ms) {
      PL_RETURN_NOT_OK(rows.Append(kRemove, remove));
    }
  }
  return rows.Finish();
}

}  // namespace pixlake::delta
