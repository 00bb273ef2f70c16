#include <nlohmann/json.hpp>

#include "delta/action/action_json_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::json;

json Map(const PartitionValues& values) {
  json out = json::object();
  for (const auto& [name, value] : values) {
    out[name] = value ? json(*value) : json(nullptr);
  }
  return out;
}

template <typename T>
void PutIfSet(json& object, const char* key, const std::optional<T>& value) {
  if (value) {
    object[key] = *value;
  }
}

json ToJson(const DeletionVectorDescriptor& vector) {
  json out = {{"storageType", vector.storage_type},
              {"pathOrInlineDv", vector.path_or_inline},
              {"sizeInBytes", vector.size_in_bytes},
              {"cardinality", vector.cardinality}};
  PutIfSet(out, "offset", vector.offset);
  return out;
}

json ToJson(const Protocol& protocol) {
  json out = {{"minReaderVersion", protocol.min_reader_version},
              {"minWriterVersion", protocol.min_writer_version}};
  if (protocol.min_reader_version >= 3) {
    out["readerFeatures"] = protocol.reader_features;
  }
  if (protocol.min_writer_version >= 7) {
    out["writerFeatures"] = protocol.writer_features;
  }
  return {{"protocol", out}};
}

json ToJson(const Metadata& metadata) {
  json out = {{"id", metadata.id},
              {"format", {{"provider", metadata.format_provider}, {"options", metadata.format_options}}},
              {"schemaString", metadata.schema_string},
              {"partitionColumns", metadata.partition_columns},
              {"configuration", metadata.configuration}};
  if (!metadata.name.empty()) {
    out["name"] = metadata.name;
  }
  if (!metadata.description.empty()) {
    out["description"] = metadata.description;
  }
  PutIfSet(out, "createdTime", metadata.created_time);
  return {{"metaData", out}};
}

json ToJson(const AddFile& add) {
  json out = {{"path", add.path},
              {"partitionValues", Map(add.partition_values)},
              {"size", add.size},
              {"modificationTime", add.modification_time},
              {"dataChange", add.data_change}};
  if (!add.stats.empty()) {
    out["stats"] = add.stats;
  }
  if (!add.tags.empty()) {
    out["tags"] = add.tags;
  }
  if (add.deletion_vector) {
    out["deletionVector"] = ToJson(*add.deletion_vector);
  }
  PutIfSet(out, "baseRowId", add.base_row_id);
  PutIfSet(out, "defaultRowCommitVersion", add.default_row_commit_version);
  PutIfSet(out, "clusteringProvider", add.clustering_provider);
  return {{"add", out}};
}

json ToJson(const RemoveFile& remove) {
  json out = {{"path", remove.path}, {"dataChange", remove.data_change}};
  PutIfSet(out, "deletionTimestamp", remove.deletion_timestamp);
  PutIfSet(out, "extendedFileMetadata", remove.extended_file_metadata);
  if (remove.extended_file_metadata.value_or(false)) {
    out["partitionValues"] = Map(remove.partition_values);
  }
  PutIfSet(out, "size", remove.size);
  if (!remove.tags.empty()) {
    out["tags"] = remove.tags;
  }
  if (remove.deletion_vector) {
    out["deletionVector"] = ToJson(*remove.deletion_vector);
  }
  PutIfSet(out, "baseRowId", remove.base_row_id);
  PutIfSet(out, "defaultRowCommitVersion", remove.default_row_commit_version);
  return {{"remove", out}};
}

json ToJson(const CdcFile& change) {
  json out = {{"path", change.path},
              {"partitionValues", Map(change.partition_values)},
              {"size", change.size},
              {"dataChange", false}};
  if (!change.tags.empty()) {
    out["tags"] = change.tags;
  }
  return {{"cdc", out}};
}

json ToJson(const Txn& txn) {
  json out = {{"appId", txn.app_id}, {"version", txn.version}};
  PutIfSet(out, "lastUpdated", txn.last_updated);
  return {{"txn", out}};
}

json ToJson(const DomainMetadata& domain) {
  return {
      {"domainMetadata",
       {{"domain", domain.domain}, {"configuration", domain.configuration}, {"removed", domain.removed}}}};
}

json ToJson(const CommitInfo& info) {
  json out = {{"operation", info.operation},
              {"operationParameters", info.parameters},
              {"engineInfo", info.engine_info},
              {"txnId", info.txn_id}};
  if (!info.metrics.empty()) {
    out["operationMetrics"] = info.metrics;
  }
  if (!info.user_metadata.empty()) {
    out["userMetadata"] = info.user_metadata;
  }
  if (!info.isolation_level.empty()) {
    out["isolationLevel"] = info.isolation_level;
  }
  if (!info.tags.empty()) {
    out["tags"] = info.tags;
  }
  PutIfSet(out, "isBlindAppend", info.is_blind_append);
  PutIfSet(out, "readVersion", info.read_version);
  PutIfSet(out, "timestamp", info.timestamp);
  PutIfSet(out, "inCommitTimestamp", info.in_commit_timestamp);
  return {{"commitInfo", out}};
}

json ToJson(const Sidecar& sidecar) {
  return {{"sidecar", {{"path", sidecar.path}, {"sizeInBytes", sidecar.size_in_bytes}}}};
}

json ToJson(const CheckpointMetadata& metadata) {
  return {{"checkpointMetadata", {{"version", metadata.version}}}};
}

}  // namespace

std::string ActionToJson(const Action& action) {
  // Text that is not UTF-8 cannot stand in JSON; it is replaced, never thrown over.
  return std::visit(
      [](const auto& value) { return ToJson(value).dump(-1, ' ', false, json::error_handler_t::replace); },
      action);
}

}  // namespace pixlake::delta
