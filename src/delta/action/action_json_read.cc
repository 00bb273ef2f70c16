#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/action/json_fields_internal.h"

namespace pixlake::delta {

namespace {

namespace dom = simdjson::dom;

// PROTOCOL.md, "Protocol Evolution".
Result<Protocol> ReadProtocol(const JsonFields& fields) {
  Protocol out;
  PL_ASSIGN_OR_RETURN(out.min_reader_version, fields.Int("minReaderVersion"));
  PL_ASSIGN_OR_RETURN(out.min_writer_version, fields.Int("minWriterVersion"));
  PL_ASSIGN_OR_RETURN(out.reader_features, fields.StringList("readerFeatures"));
  PL_ASSIGN_OR_RETURN(out.writer_features, fields.StringList("writerFeatures"));
  return out;
}

// PROTOCOL.md, "Change Metadata".
Result<Metadata> ReadMetadata(const JsonFields& fields) {
  Metadata out;
  PL_ASSIGN_OR_RETURN(out.id, fields.String("id"));
  PL_ASSIGN_OR_RETURN(auto name, fields.MaybeString("name"));
  PL_ASSIGN_OR_RETURN(auto description, fields.MaybeString("description"));
  out.name = name.value_or("");
  out.description = description.value_or("");
  PL_ASSIGN_OR_RETURN(std::optional<JsonFields> format, fields.MaybeObject("format"));
  if (format) {
    PL_ASSIGN_OR_RETURN(auto provider, format->MaybeString("provider"));
    out.format_provider = provider.value_or("parquet");
    PL_ASSIGN_OR_RETURN(out.format_options, format->StringMap("options"));
  }
  // Required, but missed only where the schema is asked for: a later metaData heals it.
  PL_ASSIGN_OR_RETURN(auto schema_string, fields.MaybeString("schemaString"));
  out.schema_string = schema_string.value_or("");
  PL_ASSIGN_OR_RETURN(out.partition_columns, fields.StringList("partitionColumns"));
  PL_ASSIGN_OR_RETURN(out.configuration, fields.StringMap("configuration"));
  PL_ASSIGN_OR_RETURN(out.created_time, fields.MaybeInt("createdTime"));
  return out;
}

// PROTOCOL.md, "Deletion Vector Descriptor Schema".
Result<std::optional<DeletionVectorDescriptor>> ReadDeletionVector(const JsonFields& fields) {
  PL_ASSIGN_OR_RETURN(std::optional<JsonFields> vector, fields.MaybeObject("deletionVector"));
  if (!vector) {
    return std::nullopt;
  }
  DeletionVectorDescriptor out;
  PL_ASSIGN_OR_RETURN(out.storage_type, vector->String("storageType"));
  PL_ASSIGN_OR_RETURN(out.path_or_inline, vector->String("pathOrInlineDv"));
  PL_ASSIGN_OR_RETURN(out.offset, vector->MaybeInt("offset"));
  PL_ASSIGN_OR_RETURN(out.size_in_bytes, vector->Int("sizeInBytes"));
  PL_ASSIGN_OR_RETURN(out.cardinality, vector->Int("cardinality"));
  return out;
}

// PROTOCOL.md, "Add File and Remove File".
Result<AddFile> ReadAdd(const JsonFields& fields) {
  AddFile out;
  PL_ASSIGN_OR_RETURN(out.path, fields.String("path"));
  PL_ASSIGN_OR_RETURN(out.partition_values, fields.NullableStringMap("partitionValues"));
  PL_ASSIGN_OR_RETURN(out.size, fields.Int("size"));
  PL_ASSIGN_OR_RETURN(auto modified, fields.MaybeInt("modificationTime"));
  out.modification_time = modified.value_or(0);
  PL_ASSIGN_OR_RETURN(auto data_change, fields.MaybeBool("dataChange"));
  out.data_change = data_change.value_or(true);
  // A statistics field that is an object instead of text holds the same JSON.
  if (const std::optional<dom::element> stats = fields.Find("stats")) {
    out.stats = JsonText(*stats);
  }
  PL_ASSIGN_OR_RETURN(out.tags, fields.StringMap("tags"));
  PL_ASSIGN_OR_RETURN(out.deletion_vector, ReadDeletionVector(fields));
  PL_ASSIGN_OR_RETURN(out.base_row_id, fields.MaybeInt("baseRowId"));
  PL_ASSIGN_OR_RETURN(out.default_row_commit_version, fields.MaybeInt("defaultRowCommitVersion"));
  PL_ASSIGN_OR_RETURN(out.clustering_provider, fields.MaybeString("clusteringProvider"));
  return out;
}

Result<RemoveFile> ReadRemove(const JsonFields& fields) {
  RemoveFile out;
  PL_ASSIGN_OR_RETURN(out.path, fields.String("path"));
  PL_ASSIGN_OR_RETURN(out.deletion_timestamp, fields.MaybeInt("deletionTimestamp"));
  PL_ASSIGN_OR_RETURN(auto data_change, fields.MaybeBool("dataChange"));
  out.data_change = data_change.value_or(true);
  PL_ASSIGN_OR_RETURN(out.extended_file_metadata, fields.MaybeBool("extendedFileMetadata"));
  PL_ASSIGN_OR_RETURN(out.partition_values, fields.NullableStringMap("partitionValues"));
  PL_ASSIGN_OR_RETURN(out.size, fields.MaybeInt("size"));
  PL_ASSIGN_OR_RETURN(out.tags, fields.StringMap("tags"));
  PL_ASSIGN_OR_RETURN(out.deletion_vector, ReadDeletionVector(fields));
  PL_ASSIGN_OR_RETURN(out.base_row_id, fields.MaybeInt("baseRowId"));
  PL_ASSIGN_OR_RETURN(out.default_row_commit_version, fields.MaybeInt("defaultRowCommitVersion"));
  return out;
}

// PROTOCOL.md, "Add CDC File".
Result<CdcFile> ReadCdc(const JsonFields& fields) {
  CdcFile out;
  PL_ASSIGN_OR_RETURN(out.path, fields.String("path"));
  PL_ASSIGN_OR_RETURN(out.partition_values, fields.NullableStringMap("partitionValues"));
  PL_ASSIGN_OR_RETURN(auto size, fields.MaybeInt("size"));
  out.size = size.value_or(0);
  PL_ASSIGN_OR_RETURN(out.tags, fields.StringMap("tags"));
  return out;
}

// PROTOCOL.md, "Commit Provenance Information": any JSON is allowed, so nothing in
// here is an error.
CommitInfo ReadCommitInfo(const JsonFields& fields) {
  CommitInfo out;
  out.timestamp = fields.MaybeInt("timestamp").ValueOr(std::nullopt);
  out.in_commit_timestamp = fields.MaybeInt("inCommitTimestamp").ValueOr(std::nullopt);
  out.operation = fields.MaybeString("operation").ValueOr(std::nullopt).value_or("");
  out.parameters = fields.StringMap("operationParameters").ValueOr({});
  out.metrics = fields.StringMap("operationMetrics").ValueOr({});
  out.engine_info = fields.MaybeString("engineInfo").ValueOr(std::nullopt).value_or("");
  out.user_metadata = fields.MaybeString("userMetadata").ValueOr(std::nullopt).value_or("");
  out.txn_id = fields.MaybeString("txnId").ValueOr(std::nullopt).value_or("");
  out.is_blind_append = fields.MaybeBool("isBlindAppend").ValueOr(std::nullopt);
  out.read_version = fields.MaybeInt("readVersion").ValueOr(std::nullopt);
  out.isolation_level = fields.MaybeString("isolationLevel").ValueOr(std::nullopt).value_or("");
  out.tags = fields.StringMap("tags").ValueOr({});
  return out;
}

Result<std::optional<Action>> ReadAction(std::string_view kind, const JsonFields& fields) {
  if (kind == "add") {
    return ReadAdd(fields);
  }
  if (kind == "remove") {
    return ReadRemove(fields);
  }
  if (kind == "metaData") {
    return ReadMetadata(fields);
  }
  if (kind == "protocol") {
    return ReadProtocol(fields);
  }
  if (kind == "commitInfo") {
    return ReadCommitInfo(fields);
  }
  if (kind == "cdc") {
    return ReadCdc(fields);
  }
  if (kind == "txn") {
    Txn out;
    PL_ASSIGN_OR_RETURN(out.app_id, fields.String("appId"));
    PL_ASSIGN_OR_RETURN(out.version, fields.Int("version"));
    PL_ASSIGN_OR_RETURN(out.last_updated, fields.MaybeInt("lastUpdated"));
    return out;
  }
  if (kind == "domainMetadata") {
    DomainMetadata out;
    PL_ASSIGN_OR_RETURN(out.domain, fields.String("domain"));
    PL_ASSIGN_OR_RETURN(auto configuration, fields.MaybeString("configuration"));
    out.configuration = configuration.value_or("");
    PL_ASSIGN_OR_RETURN(auto removed, fields.MaybeBool("removed"));
    out.removed = removed.value_or(false);
    return out;
  }
  if (kind == "sidecar") {
    Sidecar out;
    PL_ASSIGN_OR_RETURN(out.path, fields.String("path"));
    PL_ASSIGN_OR_RETURN(out.size_in_bytes, fields.Int("sizeInBytes"));
    return out;
  }
  if (kind == "checkpointMetadata") {
    CheckpointMetadata out;
    PL_ASSIGN_OR_RETURN(out.version, fields.Int("version"));
    return out;
  }
  return std::nullopt;
}

Status AtLine(const Status& status, const std::string& file, int64_t line) {
  return WithContext(status, fmt::format("{} line {}", file, line));
}

// Calls `on_object(object, line)` for each line that is not blank, until it says false.
template <typename OnObject>
Status ForEachLine(std::string bytes, const std::string& file, OnObject on_object) {
  const size_t length = bytes.size();
  bytes.append(simdjson::SIMDJSON_PADDING, '\0');
  dom::parser parser;
  int64_t line = 0;
  for (size_t begin = 0; begin < length;) {
    size_t end = bytes.find('\n', begin);
    end = end == std::string::npos || end > length ? length : end;
    ++line;
    const std::string_view text(bytes.data() + begin, end - begin);
    begin = end + 1;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    dom::object object;
    const simdjson::error_code error = parser.parse(text.data(), text.size(), false).get_object().get(object);
    if (error != simdjson::SUCCESS) {
      return AtLine(
          Error(ErrorCode::kCorrupt, fmt::format("found no JSON object ({}); the log file is damaged",
                                                 simdjson::error_message(error))),
          file, line);
    }
    PL_ASSIGN_OR_RETURN(const bool more, on_object(object, line));
    if (!more) {
      break;
    }
  }
  return Status::OK();
}

}  // namespace

Status ParseActions(std::string bytes, const std::string& file, const ActionSink& sink) {
  return ForEachLine(std::move(bytes), file, [&](dom::object object, int64_t line) -> Result<bool> {
    for (auto [kind, value] : object) {
      dom::object fields;
      if (value.is_null()) {
        continue;
      }
      if (value.get_object().get(fields) != simdjson::SUCCESS) {
        continue;  // no action we know is anything but an object
      }
      Result<std::optional<Action>> action = ReadAction(kind, JsonFields(fields, kind));
      if (!action.ok()) {
        return AtLine(action.status(), file, line);
      }
      if (*action) {
        PL_RETURN_NOT_OK(sink(**std::move(action)));
      }
    }
    return true;
  });
}

Result<std::optional<CommitInfo>> FindCommitInfo(std::string bytes, const std::string& file) {
  std::optional<CommitInfo> found;
  PL_RETURN_NOT_OK(ForEachLine(std::move(bytes), file, [&](dom::object object, int64_t) -> Result<bool> {
    dom::object fields;
    if (object.at_key("commitInfo").get_object().get(fields) == simdjson::SUCCESS) {
      found = ReadCommitInfo(JsonFields(fields, "commitInfo"));
    }
    return !found;
  }));
  return found;
}

}  // namespace pixlake::delta
