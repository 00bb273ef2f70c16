#include <set>

#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include "base/stop/stop_token.h"
#include "base/work/for_each.h"
#include "delta/action/action_json_internal.h"
#include "delta/checkpoint/checkpoint_columns_internal.h"
#include "delta/checkpoint/checkpoint_reader_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/stats/parsed_stats_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kBatchRows = 8192;

Result<std::optional<DeletionVectorDescriptor>> DeletionVectorAt(const StructColumn& vector, int64_t row) {
  if (!vector.Has(row)) {
    return std::nullopt;
  }
  DeletionVectorDescriptor out;
  PL_ASSIGN_OR_RETURN(std::optional<std::string> storage, vector.MaybeText("storageType", row));
  if (!storage) {
    return std::nullopt;  // a struct of nulls is how some writers say null
  }
  out.storage_type = *std::move(storage);
  PL_ASSIGN_OR_RETURN(out.path_or_inline, vector.Text("pathOrInlineDv", row));
  PL_ASSIGN_OR_RETURN(out.offset, vector.MaybeInt("offset", row));
  PL_ASSIGN_OR_RETURN(out.size_in_bytes, vector.Int("sizeInBytes", row));
  PL_ASSIGN_OR_RETURN(out.cardinality, vector.Int("cardinality", row));
  return out;
}

Result<AddFile> AddAt(const StructColumn& add, const StructColumn& vector, int64_t row) {
  AddFile out;
  PL_ASSIGN_OR_RETURN(out.path, add.Text("path", row));
  PL_ASSIGN_OR_RETURN(out.partition_values, add.NullableTextMap("partitionValues", row));
  PL_ASSIGN_OR_RETURN(out.size, add.Int("size", row));
  PL_ASSIGN_OR_RETURN(auto modified, add.MaybeInt("modificationTime", row));
  out.modification_time = modified.value_or(0);
  PL_ASSIGN_OR_RETURN(auto data_change, add.MaybeBool("dataChange", row));
  out.data_change = data_change.value_or(false);
  PL_ASSIGN_OR_RETURN(auto stats, add.MaybeText("stats", row));
  out.stats = stats ? *std::move(stats) : ParsedStatsToJson(add.Field("stats_parsed"), row);
  PL_ASSIGN_OR_RETURN(out.tags, add.TextMap("tags", row));
  PL_ASSIGN_OR_RETURN(out.deletion_vector, DeletionVectorAt(vector, row));
  PL_ASSIGN_OR_RETURN(out.base_row_id, add.MaybeInt("baseRowId", row));
  PL_ASSIGN_OR_RETURN(out.default_row_commit_version, add.MaybeInt("defaultRowCommitVersion", row));
  PL_ASSIGN_OR_RETURN(out.clustering_provider, add.MaybeText("clusteringProvider", row));
  return out;
}

Result<RemoveFile> RemoveAt(const StructColumn& remove, const StructColumn& vector, int64_t row) {
  RemoveFile out;
  PL_ASSIGN_OR_RETURN(out.path, remove.Text("path", row));
  PL_ASSIGN_OR_RETURN(out.deletion_timestamp, remove.MaybeInt("deletionTimestamp", row));
  PL_ASSIGN_OR_RETURN(auto data_change, remove.MaybeBool("dataChange", row));
  out.data_change = data_change.value_or(false);
  PL_ASSIGN_OR_RETURN(out.extended_file_metadata, remove.MaybeBool("extendedFileMetadata", row));
  PL_ASSIGN_OR_RETURN(out.partition_values, remove.NullableTextMap("partitionValues", row));
  PL_ASSIGN_OR_RETURN(out.size, remove.MaybeInt("size", row));
  PL_ASSIGN_OR_RETURN(out.tags, remove.TextMap("tags", row));
  PL_ASSIGN_OR_RETURN(out.deletion_vector, DeletionVectorAt(vector, row));
  PL_ASSIGN_OR_RETURN(out.base_row_id, remove.MaybeInt("baseRowId", row));
  PL_ASSIGN_OR_RETURN(out.default_row_commit_version, remove.MaybeInt("defaultRowCommitVersion", row));
  return out;
}

Result<Metadata> MetadataAt(const StructColumn& metadata, int64_t row) {
  Metadata out;
  PL_ASSIGN_OR_RETURN(out.id, metadata.Text("id", row));
  PL_ASSIGN_OR_RETURN(auto name, metadata.MaybeText("name", row));
  PL_ASSIGN_OR_RETURN(auto description, metadata.MaybeText("description", row));
  out.name = name.value_or("");
  out.description = description.value_or("");
  const StructColumn format = metadata.Child("format");
  if (format.Has(row)) {
    PL_ASSIGN_OR_RETURN(auto provider, format.MaybeText("provider", row));
    out.format_provider = provider.value_or("parquet");
    PL_ASSIGN_OR_RETURN(out.format_options, format.TextMap("options", row));
  }
  PL_ASSIGN_OR_RETURN(auto schema_string, metadata.MaybeText("schemaString", row));
  out.schema_string = schema_string.value_or("");
  PL_ASSIGN_OR_RETURN(out.partition_columns, metadata.TextList("partitionColumns", row));
  PL_ASSIGN_OR_RETURN(out.configuration, metadata.TextMap("configuration", row));
  PL_ASSIGN_OR_RETURN(out.created_time, metadata.MaybeInt("createdTime", row));
  return out;
}

Result<Protocol> ProtocolAt(const StructColumn& protocol, int64_t row) {
  Protocol out;
  PL_ASSIGN_OR_RETURN(out.min_reader_version, protocol.Int("minReaderVersion", row));
  PL_ASSIGN_OR_RETURN(out.min_writer_version, protocol.Int("minWriterVersion", row));
  PL_ASSIGN_OR_RETURN(out.reader_features, protocol.TextList("readerFeatures", row));
  PL_ASSIGN_OR_RETURN(out.writer_features, protocol.TextList("writerFeatures", row));
  return out;
}

// The actions of one record batch of a checkpoint or sidecar file.
class BatchActions {
 public:
  explicit BatchActions(const arrow::RecordBatch& batch)
      : add_(StructColumn::Of(batch, "add")),
        add_vector_(add_.Child("deletionVector")),
        remove_(StructColumn::Of(batch, "remove")),
        remove_vector_(remove_.Child("deletionVector")),
        metadata_(StructColumn::Of(batch, "metaData")),
        protocol_(StructColumn::Of(batch, "protocol")),
        txn_(StructColumn::Of(batch, "txn")),
        domain_(StructColumn::Of(batch, "domainMetadata")),
        sidecar_(StructColumn::Of(batch, "sidecar")) {}

  Result<std::optional<Action>> At(int64_t row) const {
    // Writers that fill absent structs with nulls are met; the key field decides.
    if (Present(add_, "path", row)) {
      return AddAt(add_, add_vector_, row);
    }
    if (Present(remove_, "path", row)) {
      return RemoveAt(remove_, remove_vector_, row);
    }
    if (Present(metadata_, "id", row)) {
      return MetadataAt(metadata_, row);
    }
    if (Present(protocol_, "minReaderVersion", row)) {
      return ProtocolAt(protocol_, row);
    }
    if (Present(txn_, "appId", row)) {
      Txn out;
      PL_ASSIGN_OR_RETURN(out.app_id, txn_.Text("appId", row));
      PL_ASSIGN_OR_RETURN(out.version, txn_.Int("version", row));
      PL_ASSIGN_OR_RETURN(out.last_updated, txn_.MaybeInt("lastUpdated", row));
      return out;
    }
    if (Present(domain_, "domain", row)) {
      DomainMetadata out;
      PL_ASSIGN_OR_RETURN(out.domain, domain_.Text("domain", row));
      PL_ASSIGN_OR_RETURN(auto configuration, domain_.MaybeText("configuration", row));
      out.configuration = configuration.value_or("");
      PL_ASSIGN_OR_RETURN(auto removed, domain_.MaybeBool("removed", row));
      out.removed = removed.value_or(false);
      return out;
    }
    if (Present(sidecar_, "path", row)) {
      Sidecar out;
      PL_ASSIGN_OR_RETURN(out.path, sidecar_.Text("path", row));
      PL_ASSIGN_OR_RETURN(out.size_in_bytes, sidecar_.Int("sizeInBytes", row));
      return out;
    }
    return std::nullopt;
  }

 private:
  static bool Present(const StructColumn& column, std::string_view key, int64_t row) {
    if (!column.Has(row)) {
      return false;
    }
    const std::shared_ptr<arrow::Array>& field = column.Field(key);
    return field != nullptr && field->IsValid(row);
  }

  StructColumn add_, add_vector_, remove_, remove_vector_, metadata_, protocol_, txn_, domain_, sidecar_;
};

// The leaf columns that hold what we read; parsed statistics only where there is no JSON.
std::vector<int> WantedLeaves(const parquet::SchemaDescriptor& schema, bool removes) {
  std::set<std::string> roots = {"add", "metaData", "protocol", "txn", "domainMetadata", "sidecar"};
  if (removes) {
    roots.insert("remove");
  }
  bool json_stats = false;
  for (int i = 0; i < schema.num_columns(); ++i) {
    json_stats = json_stats || schema.Column(i)->path()->ToDotString() == "add.stats";
  }
  std::vector<int> out;
  for (int i = 0; i < schema.num_columns(); ++i) {
    const std::vector<std::string> path = schema.Column(i)->path()->ToDotVector();
    const bool parsed = path.size() > 1 && path[0] == "add" &&
                        (path[1] == "partitionValues_parsed" || (path[1] == "stats_parsed" && json_stats));
    if (roots.contains(path[0]) && !parsed) {
      out.push_back(i);
    }
  }
  return out;
}

// Several batches at once; to `sink` in their order.
Status GiveActions(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches, size_t threads,
                   const ActionSink& sink) {
  std::vector<std::vector<Action>> found(batches.size());
  PL_RETURN_NOT_OK(ForEach(WorkKind::kCpu, batches.size(), threads, [&](size_t i) -> Status {
    const BatchActions actions(*batches[i]);
    found[i].reserve(static_cast<size_t>(batches[i]->num_rows()));
    for (int64_t row = 0; row < batches[i]->num_rows(); ++row) {
      PL_ASSIGN_OR_RETURN(std::optional<Action> action, actions.At(row));
      if (action) {
        found[i].push_back(*std::move(action));
      }
    }
    return Status::OK();
  }));
  for (std::vector<Action>& actions : found) {
    for (Action& action : actions) {
      PL_RETURN_NOT_OK(sink(std::move(action)));
    }
  }
  return Status::OK();
}

Status ReadParquetActions(const std::shared_ptr<arrow::io::RandomAccessFile>& input, bool removes,
                          const ActionSink& sink) {
  parquet::arrow::FileReaderBuilder builder;
  PL_RETURN_NOT_OK(builder.Open(input));
  parquet::ArrowReaderProperties properties;
  properties.set_batch_size(kBatchRows);
  const int64_t num_rows = builder.raw_reader()->metadata()->num_rows();
  properties.set_use_threads(num_rows > kBatchRows);
  properties.set_pre_buffer(false);
  builder.properties(properties);
  std::unique_ptr<parquet::arrow::FileReader> reader;
  PL_RETURN_NOT_OK(builder.Build(&reader));
  std::vector<int> row_groups(reader->num_row_groups());
  for (int i = 0; i < reader->num_row_groups(); ++i) {
    row_groups[i] = i;
  }
  const std::vector<int> leaves = WantedLeaves(*reader->parquet_reader()->metadata()->schema(), removes);
  if (leaves.empty()) {
    return Error(ErrorCode::kCorrupt, "the file has none of the columns of a checkpoint");
  }
  PL_ASSIGN_OR_RETURN(auto batches, reader->GetRecordBatchReader(row_groups, leaves));
  const size_t threads = ThreadsFor(static_cast<size_t>(num_rows), kBatchRows);
  std::vector<std::shared_ptr<arrow::RecordBatch>> wave;
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    std::shared_ptr<arrow::RecordBatch> batch;
    PL_RETURN_NOT_OK(batches->ReadNext(&batch));
    if (batch != nullptr) {
      wave.push_back(batch);
    }
    if (wave.size() == 2 * threads || batch == nullptr) {
      PL_RETURN_NOT_OK(GiveActions(wave, threads, sink));
      wave.clear();
    }
    if (batch == nullptr) {
      return Status::OK();
    }
  }
}

Status ReadCheckpointFile(const io::Location& table, const std::string& path, bool removes,
                          const ActionSink& sink) {
  if (path.ends_with(".json")) {
    PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(path));
    return ParseActions(std::move(bytes), path, [&](Action action) {
      return removes || !std::holds_alternative<RemoveFile>(action) ? sink(std::move(action)) : Status::OK();
    });
  }
  PL_ASSIGN_OR_RETURN(auto input, table.store->OpenInput(path));
  try {
    return ReadParquetActions(input, removes, sink);
  } catch (const std::exception& error) {  // parquet::ParquetException and what it carries
    return Error(ErrorCode::kCorrupt, error.what());
  }
}

Status ReadOne(const io::Location& table, const std::string& path, bool removes, const ActionSink& sink) {
  const Status status = ReadCheckpointFile(table, path, removes, sink);
  return status.ok() ? status : WithContext(status, fmt::format("reading checkpoint file {}", path));
}

}  // namespace

Status ReadCheckpoint(const io::Location& table, const LogCheckpoint& checkpoint,
                      const CheckpointReadOptions& options, const ActionSink& sink) {
  std::vector<Sidecar> sidecars;
  const auto collect = [&](Action action) {
    if (auto* sidecar = std::get_if<Sidecar>(&action)) {
      sidecars.push_back(std::move(*sidecar));
      return Status::OK();
    }
    return sink(std::move(action));
  };
  for (const io::ObjectInfo& file : checkpoint.files) {
    PL_RETURN_NOT_OK(ReadOne(table, file.path, options.removes, collect));
  }
  for (const Sidecar& sidecar : sidecars) {
    PL_ASSIGN_OR_RETURN(const std::string path, SidecarPath(table, sidecar.path));
    PL_RETURN_NOT_OK(ReadOne(table, path, options.removes, [&](Action action) {
      return std::holds_alternative<Sidecar>(action)
                 ? Error(ErrorCode::kCorrupt, "a sidecar file names further sidecar files")
                 : sink(std::move(action));
    }));
  }
  return Status::OK();
}

Result<std::vector<std::string>> SidecarsOf(const io::Location& table, const LogCheckpoint& checkpoint) {
  std::vector<std::string> out;
  for (const io::ObjectInfo& file : checkpoint.files) {
    PL_RETURN_NOT_OK(ReadOne(table, file.path, false, [&](const Action& action) -> Status {
      if (const auto* sidecar = std::get_if<Sidecar>(&action)) {
        PL_ASSIGN_OR_RETURN(std::string path, SidecarPath(table, sidecar->path));
        out.push_back(std::move(path));
      }
      return Status::OK();
    }));
  }
  return out;
}

}  // namespace pixlake::delta
