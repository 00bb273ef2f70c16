#include <arrow/api.h>

#include "delta/checkpoint/checkpoint_schema_internal.h"
#include "delta/commit/checkpoint_writer_internal.h"

namespace pixlake::delta {

namespace {

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

Status AppendTo(RowBuilder row, const CheckpointMetadata& checkpoint) {
  const std::map<std::string, std::string> tags;
  PL_RETURN_NOT_OK(row.Long(checkpoint.version));
  return row.TextMap(&tags);
}

Status AppendTo(RowBuilder row, const Sidecar& sidecar) {
  const std::map<std::string, std::string> tags;
  PL_RETURN_NOT_OK(row.Text(sidecar.path));
  PL_RETURN_NOT_OK(row.Long(sidecar.size_in_bytes));
  PL_RETURN_NOT_OK(row.Long(sidecar.modification_time));
  return row.TextMap(&tags);
}

Status AppendTo(RowBuilder row, const DomainMetadata& domain) {
  PL_RETURN_NOT_OK(row.Text(domain.domain));
  PL_RETURN_NOT_OK(row.Text(domain.configuration));
  return row.Flag(domain.removed);
}

// The columns of a checkpoint: each action fills one and leaves the others null.
class CheckpointRows {
 public:
  static Result<CheckpointRows> Make(const std::vector<Column>& columns) {
    CheckpointRows rows;
    rows.columns_ = columns;
    PL_ASSIGN_OR_RETURN(rows.builder_,
                        arrow::RecordBatchBuilder::Make(SchemaOf(columns), arrow::default_memory_pool()));
    return rows;
  }

  template <typename T>
  Status Append(Column wanted, const T& action) {
    int column = 0;
    for (int i = 0; i < builder_->num_fields(); ++i) {
      if (columns_[static_cast<size_t>(i)] == wanted) {
        column = i;
      } else {
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
    return arrow::Table::FromRecordBatches(SchemaOf(columns_), batches_);
  }

  // Whatever stands in front of the files: who the table is.
  Status AppendDefinition(const TableState& state) {
    PL_RETURN_NOT_OK(Append(Column::kProtocol, state.protocol));
    PL_RETURN_NOT_OK(Append(Column::kMetadata, state.metadata));
    for (const auto& [app_id, txn] : state.txns) {
      PL_RETURN_NOT_OK(Append(Column::kTxn, txn));
    }
    for (const auto& [name, domain] : state.domains) {
      PL_RETURN_NOT_OK(Append(Column::kDomain, domain));
    }
    return Status::OK();
  }

  int64_t rows() const { return rows_; }

 private:
  static constexpr int64_t kBatchRows = 16384;

  Status Flush() {
    PL_ASSIGN_OR_RETURN(auto batch, builder_->Flush());
    batches_.push_back(std::move(batch));
    return Status::OK();
  }

  std::vector<Column> columns_;
  std::unique_ptr<arrow::RecordBatchBuilder> builder_;
  arrow::RecordBatchVector batches_;
  int64_t rows_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::Table>> CheckpointTable(const TableState& state, int64_t expired_before_ms) {
  PL_ASSIGN_OR_RETURN(CheckpointRows rows, CheckpointRows::Make(kFlatColumns));
  PL_RETURN_NOT_OK(rows.AppendDefinition(state));
  for (const AddFile& add : state.files) {
    PL_RETURN_NOT_OK(rows.Append(Column::kAdd, add));
  }
  for (const RemoveFile& remove : state.tombstones) {
    if (remove.deletion_timestamp.value_or(0) > expired_before_ms) {
      PL_RETURN_NOT_OK(rows.Append(Column::kRemove, remove));
    }
  }
  return rows.Finish();
}

Status ForEachSidecarTable(const TableState& state, int64_t expired_before_ms, int64_t max_rows,
                           const std::function<Status(const arrow::Table&)>& body) {
  std::optional<CheckpointRows> rows;
  const auto append = [&](Column column, const auto& action) -> Status {
    if (!rows) {
      PL_ASSIGN_OR_RETURN(rows, CheckpointRows::Make(kFileColumns));
    }
    return rows->Append(column, action);
  };
  const auto finish = [&](int64_t least) -> Status {
    if (!rows || rows->rows() < least) {
      return Status::OK();
    }
    PL_ASSIGN_OR_RETURN(const auto table, rows->Finish());
    rows.reset();
    return body(*table);
  };
  for (const AddFile& add : state.files) {
    PL_RETURN_NOT_OK(append(Column::kAdd, add));
    PL_RETURN_NOT_OK(finish(max_rows));
  }
  for (const RemoveFile& remove : state.tombstones) {
    if (remove.deletion_timestamp.value_or(0) > expired_before_ms) {
      PL_RETURN_NOT_OK(append(Column::kRemove, remove));
      PL_RETURN_NOT_OK(finish(max_rows));
    }
  }
  return finish(1);
}

Result<std::shared_ptr<arrow::Table>> TopTable(const TableState& state,
                                               const std::vector<Sidecar>& sidecars) {
  PL_ASSIGN_OR_RETURN(CheckpointRows rows, CheckpointRows::Make(kTopColumns));
  PL_RETURN_NOT_OK(rows.Append(Column::kCheckpointMetadata, CheckpointMetadata{state.version}));
  PL_RETURN_NOT_OK(rows.AppendDefinition(state));
  for (const Sidecar& sidecar : sidecars) {
    PL_RETURN_NOT_OK(rows.Append(Column::kSidecar, sidecar));
  }
  return rows.Finish();
}

}  // namespace pixlake::delta
