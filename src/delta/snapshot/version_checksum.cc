#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/action/action_json_internal.h"
#include "delta/action/shallow_json_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/snapshot/version_checksum_internal.h"

namespace pixlake::delta {

namespace {

using json = nlohmann::ordered_json;

// The inside of {"metaData": {…}}.
json Inner(const Action& action, const char* kind) {
  return json::parse(ActionToJson(action))[kind];
}

std::optional<int64_t> Number(const json& object, const char* key) {
  const auto found = object.find(key);
  const bool sane = found != object.end() && found->is_number_integer();
  return sane ? std::optional(found->get<int64_t>()) : std::nullopt;
}

bool SameTable(const Metadata& a, const Metadata& b) {
  return a.id == b.id && a.schema_string == b.schema_string && a.partition_columns == b.partition_columns &&
         a.configuration == b.configuration;
}

bool SameProtocol(const Protocol& a, const Protocol& b) {
  return a.min_reader_version == b.min_reader_version && a.min_writer_version == b.min_writer_version &&
         FeatureNames(a) == FeatureNames(b);
}

}  // namespace

void StateTotals::Add(const AddFile& file, int64_t times) {
  // Sizes are a writer's word: what does not fit only makes a checksum that is wrong.
  const auto sum = [times](int64_t* total, int64_t one) {
    *total = static_cast<int64_t>(static_cast<uint64_t>(*total) +
                                  static_cast<uint64_t>(times) * static_cast<uint64_t>(one));
  };
  files += times;
  sum(&bytes, file.size);
  if (file.deletion_vector) {
    vectors += times;
    sum(&deleted_rows, file.deletion_vector->cardinality);
  }
}

StateTotals TotalsOf(const TableState& state) {
  StateTotals out;
  for (const AddFile& file : state.files) {
    out.Add(file);
  }
  return out;
}

VersionChecksum ChecksumOf(const TableState& state) {
  VersionChecksum out;
  out.totals = TotalsOf(state);
  out.has_vectors = true;
  out.protocol = state.protocol;
  out.metadata = state.metadata;
  if (InCommitTimestampsEnabled(state.protocol, state.metadata) && state.commit_info) {
    out.in_commit_timestamp = state.commit_info->in_commit_timestamp;
  }
  out.txn_id = state.commit_info ? state.commit_info->txn_id : "";
  return out;
}

std::string ChecksumToJson(const VersionChecksum& checksum) {
  json out = json::object();
  if (!checksum.txn_id.empty()) {
    out["txnId"] = checksum.txn_id;
  }
  out["tableSizeBytes"] = checksum.totals.bytes;
  out["numFiles"] = checksum.totals.files;
  if (HasWriterFeature(checksum.protocol, "deletionVectors")) {
    out["numDeletedRecordsOpt"] = checksum.totals.deleted_rows;
    out["numDeletionVectorsOpt"] = checksum.totals.vectors;
  }
  out["numMetadata"] = 1;
  out["numProtocol"] = 1;
  if (checksum.in_commit_timestamp) {
    out["inCommitTimestampOpt"] = *checksum.in_commit_timestamp;
  }
  out["metadata"] = Inner(checksum.metadata, "metaData");
  out["protocol"] = Inner(checksum.protocol, "protocol");
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<VersionChecksum> ChecksumFromJson(const std::string& text) {
  const json object = ParseShallow<json>(text);
  const auto bytes = object.is_object() ? Number(object, "tableSizeBytes") : std::nullopt;
  const auto files = object.is_object() ? Number(object, "numFiles") : std::nullopt;
  if (!bytes || !files) {
    return Error(ErrorCode::kCorrupt, "it is no JSON object with tableSizeBytes and numFiles");
  }
  VersionChecksum out;
  out.totals.bytes = *bytes;
  out.totals.files = *files;
  const auto rows = Number(object, "numDeletedRecordsOpt");
  const auto vectors = Number(object, "numDeletionVectorsOpt");
  out.has_vectors = rows && vectors;
  out.totals.deleted_rows = rows.value_or(0);
  out.totals.vectors = vectors.value_or(0);
  out.in_commit_timestamp = Number(object, "inCommitTimestampOpt");
  // Older writers leave out who the table is.
  out.has_definition = object.contains("metadata") && object.contains("protocol");
  for (const auto& [key, kind] : {std::pair("metadata", "metaData"), std::pair("protocol", "protocol")}) {
    if (!out.has_definition) {
      break;
    }
    const json line = {{kind, object[key]}};
    PL_RETURN_NOT_OK(ParseActions(line.dump(), "the checksum", [&](Action action) {
      if (auto* metadata = std::get_if<Metadata>(&action)) {
        out.metadata = std::move(*metadata);
      } else if (auto* protocol = std::get_if<Protocol>(&action)) {
        out.protocol = std::move(*protocol);
      }
      return Status::OK();
    }));
  }
  return out;
}

std::string Disagreement(const VersionChecksum& promised, const VersionChecksum& found) {
  const StateTotals& said = promised.totals;
  const StateTotals& have = found.totals;
  if (said.files != have.files || said.bytes != have.bytes) {
    return fmt::format("says {} files of {} bytes, the log has {} of {}", said.files, said.bytes, have.files,
                       have.bytes);
  }
  if (promised.has_vectors && (said.vectors != have.vectors || said.deleted_rows != have.deleted_rows)) {
    return fmt::format("says {} deletion vectors of {} rows, the log has {} of {}", said.vectors,
                       said.deleted_rows, have.vectors, have.deleted_rows);
  }
  if (!promised.has_definition) {
    return "";
  }
  if (!SameProtocol(promised.protocol, found.protocol)) {
    return "says another protocol than the log";
  }
  return SameTable(promised.metadata, found.metadata) ? "" : "says another metadata than the log";
}

Status WriteChecksum(const io::Location& table, int64_t version, const VersionChecksum& checksum) {
  return table.store->PutHint(ChecksumPath(table, version), ChecksumToJson(checksum));
}

}  // namespace pixlake::delta
