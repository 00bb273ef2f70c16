#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "delta/action/action_json_internal.h"
#include "delta/commit/commit_actions_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/schema/field_mapping_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/snapshot/snapshot_internal.h"
#include "delta/stats/file_stats_internal.h"

namespace pixlake::delta {

namespace {

StateTotals After(StateTotals totals, const PendingChanges& changes) {
  for (const AddFile& file : changes.removed) totals.Add(file, -1);
  for (const AddFile& file : changes.committed_again) totals.Add(file);
  for (const table::StagedFile& file : changes.appended) {
    totals.files += 1;
    totals.bytes += file.size;
  }
  return totals;
}

constexpr char kRowTracking[] = "delta.rowTracking";

// The names partition values go by in the log: physical ones.
Result<std::map<std::string, std::string>> PartitionNames(const Protocol& protocol,
                                                          const Metadata& metadata) {
  std::map<std::string, std::string> out;
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(protocol, metadata));
  if (mode == "none") {
    for (const std::string& name : metadata.partition_columns) {
      out[name] = name;
    }
    return out;
  }
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata.schema_string));
  PL_ASSIGN_OR_RETURN(const auto mapping, MappingFor(*schema, mode));
  for (const std::string& name : metadata.partition_columns) {
    const int index = schema->GetFieldIndex(name);
    out[name] = index < 0 ? name : mapping[index].physical_name;
  }
  return out;
}

RemoveFile RemoveOf(const AddFile& add, bool data_change, int64_t now) {
  RemoveFile remove;
  remove.path = add.path;
  remove.deletion_timestamp = now;
  remove.data_change = data_change;
  remove.extended_file_metadata = true;
  remove.partition_values = add.partition_values;
  remove.size = add.size;
  remove.tags = add.tags;
  remove.deletion_vector = add.deletion_vector;
  remove.base_row_id = add.base_row_id;
  remove.default_row_commit_version = add.default_row_commit_version;
  return remove;
}

// Builds the lines of one commit.
class CommitBuilder {
 public:
  CommitBuilder(const PendingChanges& changes, const TableHead& head, const CommitIdentity& identity)
      : changes_(changes), head_(head), identity_(identity), now_(NowMillis()) {}

  Result<CommitText> Build() {
    protocol_ = changes_.protocol.value_or(head_.protocol);
    metadata_ = changes_.metadata.value_or(head_.metadata);
    PL_ASSIGN_OR_RETURN(partition_names_, PartitionNames(protocol_, metadata_));
    PL_ASSIGN_OR_RETURN(selection_, StatsSelectionFor(protocol_, metadata_));
    const CommitInfo info = Info();
    Put(info);
    if (changes_.protocol) {
      Put(protocol_);
    }
    if (changes_.metadata) {
      StampFirstInCommitTimestamp(info);
      Put(metadata_);
    }
    if (changes_.txn) {
      Put(*changes_.txn);
    }
    for (const std::vector<Txn>* noted : {&changes_.noted_txns, &changes_.leases}) {
      for (const Txn& txn : *noted) {
        Put(txn);
      }
    }
    for (const AddFile& add : changes_.removed) {
      Put(RemoveOf(add, changes_.data_change, now_));
    }
    PL_RETURN_NOT_OK(PutAdds());
    for (const table::StagedFile& file : changes_.change_files) {
      Put(CdcFile{io::PercentEncodePath(file.name), Physical(file.partition_values), file.size, file.tags});
    }
    for (const auto& [name, domain] : changes_.domains) {
      Put(domain);
    }
    if (high_water_mark_ > head_.row_id_high_water_mark) {
      Put(DomainMetadata{kRowTracking, nlohmann::json{{"rowIdHighWaterMark", high_water_mark_}}.dump(),
                         false});
    }
    CommitText out;
    out.bytes = std::move(lines_);
    if (head_.totals) {
      VersionChecksum checksum;
      checksum.totals = After(*head_.totals, changes_);
      checksum.has_vectors = true;
      checksum.protocol = protocol_;
      checksum.metadata = metadata_;
      checksum.in_commit_timestamp = info.in_commit_timestamp;
      checksum.txn_id = info.txn_id;
      out.checksum = std::move(checksum);
    }
    return out;
  }

 private:
  void Put(const Action& action) { lines_ += ActionToJson(action) + "\n"; }

  PartitionValues Physical(const table::PartitionText& values) const {
    PartitionValues out;
    for (const auto& [name, value] : values) {
      const auto found = partition_names_.find(name);
      out[found == partition_names_.end() ? name : found->second] = value;
    }
    return out;
  }

  CommitInfo Info() const {
    CommitInfo info;
    info.timestamp = now_;
    if (InCommitTimestampsEnabled(protocol_, metadata_)) {
      info.in_commit_timestamp = std::max(now_, head_.last_commit_timestamp + 1);
    }
    const table::Operation operation = changes_.operation.value_or(DefaultOperation());
    info.operation = operation.name;
    info.parameters = operation.parameters;
    info.metrics = operation.metrics;
    info.engine_info = EngineInfo();
    info.txn_id = identity_.txn_id;
    if (identity_.read_version != kBeforeFirst) info.read_version = identity_.read_version;
    info.isolation_level = changes_.data_change ? "WriteSerializable" : "SnapshotIsolation";
    info.is_blind_append = identity_.blind;
    if (AssignsRowIds(protocol_, metadata_)) {
      // Rows that were copied to new files got new ids: we do not write materialised ones.
      const bool copied = !changes_.appended.empty() && !changes_.removed.empty();
      info.tags["delta.rowTracking.preserved"] = copied ? "false" : "true";
    }
    return info;
  }

  table::Operation DefaultOperation() const {
    int64_t rows = 0;
    int64_t bytes = 0;
    for (const table::StagedFile& file : changes_.appended) {
      rows += file.statistics.num_rows;
      bytes += file.size;
    }
    return {"WRITE",
            {{"mode", "Append"}, {"partitionBy", nlohmann::json(metadata_.partition_columns).dump()}},
            {{"numFiles", std::to_string(changes_.appended.size())},
             {"numOutputRows", std::to_string(rows)},
             {"numOutputBytes", std::to_string(bytes)}}};
  }

  // PROTOCOL.md, "Writer Requirements for In-Commit Timestamps": when they come later than
  // the table, the metadata says since when.
  void StampFirstInCommitTimestamp(const CommitInfo& info) {
    if (info.in_commit_timestamp && !InCommitTimestampsEnabled(head_.protocol, head_.metadata)) {
      metadata_.configuration["delta.inCommitTimestampEnablementVersion"] = std::to_string(head_.version + 1);
      metadata_.configuration["delta.inCommitTimestampEnablementTimestamp"] =
          std::to_string(*info.in_commit_timestamp);
    }
  }

  Status PutAdds() {
    high_water_mark_ = head_.row_id_high_water_mark;
    for (const AddFile& file : changes_.committed_again) {
      AddFile add = file;
      add.data_change = changes_.data_change;
      PL_RETURN_NOT_OK(GiveRowIds(NumRecords(add.stats), &add));
      Put(add);
    }
    for (const AddFile& file : changes_.restated) {
      AddFile add = file;
      add.data_change = false;
      Put(add);
    }
    for (const table::StagedFile& file : changes_.appended) {
      AddFile add;
      add.path = io::PercentEncodePath(file.name);
      add.partition_values = Physical(file.partition_values);
      add.size = file.size;
      add.modification_time = file.modified_ms;
      add.data_change = changes_.data_change;
      add.stats = WriteStats(file.statistics, selection_);
      add.tags = file.tags;
      add.clustering_provider = file.clustering_provider;
      PL_RETURN_NOT_OK(GiveRowIds(file.statistics.num_rows, &add));
      Put(add);
    }
    return Status::OK();
  }

  // PROTOCOL.md, "Writer Requirements for Row Tracking". A file that has its ids keeps them.
  Status GiveRowIds(int64_t rows, AddFile* add) {
    if (!AssignsRowIds(protocol_, metadata_) || add->base_row_id) {
      return Status::OK();
    }
    if (rows < 0 || __builtin_add_overflow(high_water_mark_, rows, &high_water_mark_)) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("rows of {} cannot be given row ids: its row count is {}", add->path, rows));
    }
    add->base_row_id = high_water_mark_ - rows + 1;
    add->default_row_commit_version = head_.version + 1;
    return Status::OK();
  }

  const PendingChanges& changes_;
  const TableHead& head_;
  const CommitIdentity& identity_;
  const int64_t now_;
  Protocol protocol_;
  Metadata metadata_;
  std::map<std::string, std::string> partition_names_;
  StatsSelection selection_;
  int64_t high_water_mark_ = -1;
  std::string lines_;
};

}  // namespace

bool PendingChanges::empty() const {
  return appended.empty() && change_files.empty() && removed.empty() && committed_again.empty() &&
         restated.empty() && !protocol && !metadata && domains.empty() && !txn && noted_txns.empty() &&
         !only_noted;
}

bool PendingChanges::OnlyAppends() const {
  return change_files.empty() && removed.empty() && committed_again.empty() && restated.empty() &&
         !protocol && !metadata && domains.empty() && data_change;
}

TableHead TableHead::Of(const TableState& state) {
  return {
      state.version,  state.protocol, state.metadata, state.timestamp_ms, RowIdHighWaterMark(state.domains),
      TotalsOf(state)};
}

int64_t RowIdHighWaterMark(const std::map<std::string, DomainMetadata>& domains) {
  const auto found = domains.find(kRowTracking);
  if (found == domains.end() || found->second.removed) {
    return -1;
  }
  const nlohmann::json value = nlohmann::json::parse(found->second.configuration, nullptr, false);
  const bool sane = value.is_object() && value.contains("rowIdHighWaterMark") &&
                    value["rowIdHighWaterMark"].is_number_integer();
  return sane ? std::max<int64_t>(value["rowIdHighWaterMark"].get<int64_t>(), -1) : -1;
}

Result<CommitText> MakeCommit(const PendingChanges& changes, const TableHead& head,
                              const CommitIdentity& identity) {
  return CommitBuilder(changes, head, identity).Build();
}

std::string EngineInfo() {
  return "pixlake/" PIXLAKE_VERSION;
}

}  // namespace pixlake::delta
