// The actions of the transaction log (PROTOCOL.md, "Actions"), as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace pixlake::delta {

struct Protocol {
  int64_t min_reader_version = 1;
  int64_t min_writer_version = 1;
  std::vector<std::string> reader_features;  // only with reader version 3
  std::vector<std::string> writer_features;  // only with writer version 7
};

struct Metadata {
  std::string id;
  std::string name;
  std::string description;
  std::string format_provider = "parquet";
  std::map<std::string, std::string> format_options;
  std::string schema_string;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_time;  // milliseconds since the epoch
};

// By physical column name; nullopt is null.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

struct DeletionVectorDescriptor {
  std::string storage_type;  // "u", "i" or "p"
  std::string path_or_inline;
  std::optional<int64_t> offset;
  int64_t size_in_bytes = 0;
  int64_t cardinality = 0;

  // The derived field `uniqueId`.
  std::string UniqueId() const {
    std::string id = storage_type + path_or_inline;
    if (offset) {
      id += "@" + std::to_string(*offset);
    }
    return id;
  }
};

struct AddFile {
  std::string path;  // as written in the log: percent-encoded
  PartitionValues partition_values;
  int64_t size = 0;
  int64_t modification_time = 0;
  bool data_change = true;
  std::string stats;  // JSON; empty: none
  std::map<std::string, std::string> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;
};

struct RemoveFile {
  std::string path;
  std::optional<int64_t> deletion_timestamp;
  bool data_change = true;
  std::optional<bool> extended_file_metadata;
  PartitionValues partition_values;
  std::optional<int64_t> size;
  std::map<std::string, std::string> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
};

// Rows for the change data feed (PROTOCOL.md, "Add CDC File").
struct CdcFile {
  std::string path;
  PartitionValues partition_values;
  int64_t size = 0;
  std::map<std::string, std::string> tags;
};

struct Txn {
  std::string app_id;
  int64_t version = 0;
  std::optional<int64_t> last_updated;
};

struct DomainMetadata {
  std::string domain;
  std::string configuration;
  bool removed = false;
};

// Free-form; what is not there stays empty.
struct CommitInfo {
  std::optional<int64_t> timestamp;
  std::optional<int64_t> in_commit_timestamp;
  std::string operation;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  std::string engine_info;
  std::string user_metadata;
  std::string txn_id;
  std::optional<bool> is_blind_append;
  std::optional<int64_t> read_version;
  std::string isolation_level;
  std::map<std::string, std::string> tags;
};

struct Sidecar {
  std::string path;
  int64_t size_in_bytes = 0;
  int64_t modification_time = 0;
};

struct CheckpointMetadata {
  int64_t version = 0;
};

using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, CdcFile, Txn, DomainMetadata, CommitInfo,
                            Sidecar, CheckpointMetadata>;
using ActionSink = std::function<Status(Action)>;

}  // namespace pixlake::delta
