#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "delta/commit/alter_table_internal.h"
#include "delta/commit/definition_check_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/stats/value_text_internal.h"
#include "table/compatibility.h"

namespace pixlake::delta {

DeltaTransaction::DeltaTransaction(std::shared_ptr<const DeltaSnapshot> read)
    : read_(std::move(read)), txn_id_(NewUuid()), head_(TableHead::Of(read_->state())) {
  if (read_->version() == kBeforeFirst) {
    changes_.protocol = head_.protocol;
    changes_.metadata = head_.metadata;
    changes_.domains = read_->state().domains;
  }
}

Result<std::unique_ptr<DeltaTransaction>> DeltaTransaction::Begin(std::shared_ptr<const DeltaSnapshot> read) {
  const TableState& state = read->state();
  const Status writable = CheckWritable(state.protocol, state.metadata);
  if (!writable.ok()) {
    return WithContext(writable, fmt::format("writing to {}", read->location().path));
  }
  const bool unknown_time = state.version != kBeforeFirst &&
                            InCommitTimestampsEnabled(state.protocol, state.metadata) &&
                            !(state.commit_info && state.commit_info->in_commit_timestamp);
  if (unknown_time) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format("writing to {}: feature inCommitTimestamp is on but commit {} has no timestamp to "
                    "follow",
                    read->location().path, state.version));
  }
  return std::unique_ptr<DeltaTransaction>(new DeltaTransaction(std::move(read)));
}

DeltaTransaction::~DeltaTransaction() {
  if (!keep_files_) {
    DeleteStaged();
  }
}

void DeltaTransaction::DeleteStaged() {
  if (never_delete_) {
    return;
  }
  // Best effort: an unreferenced file is no part of the table.
  const io::Location& table = read_->location();
  for (const std::vector<table::StagedFile>* files : {&changes_.appended, &changes_.change_files}) {
    for (const table::StagedFile& file : *files) {
      (void)table.store->Delete(table.Child(file.name));
    }
  }
  for (const std::string& path : staged_paths_) {
    (void)table.store->Delete(path);
  }
  changes_.appended.clear();
  changes_.change_files.clear();
  staged_paths_.clear();
}

const Metadata& DeltaTransaction::metadata() const {
  return changes_.metadata ? *changes_.metadata : head_.metadata;
}

const Protocol& DeltaTransaction::protocol() const {
  return changes_.protocol ? *changes_.protocol : head_.protocol;
}

Status DeltaTransaction::RemoveOnce(const AddFile& file) {
  if (!removed_.insert(CanonicalPath(file.path)).second) {
    return Error(ErrorCode::kUsage, fmt::format("{} is removed twice in one transaction", file.path));
  }
  changes_.removed.push_back(file);
  return Status::OK();
}

Status DeltaTransaction::Remove(const table::DataFile& file) {
  PL_ASSIGN_OR_RETURN(const AddFile* add, read_->FileOf(file));
  return RemoveOnce(*add);
}

Status DeltaTransaction::Restate(AddFile file) {
  if (!removed_.insert(CanonicalPath(file.path)).second) {
    return Error(ErrorCode::kUsage, fmt::format("{} is changed twice in one transaction", file.path));
  }
  changes_.restated.push_back(std::move(file));
  return Status::OK();
}

Status DeltaTransaction::ReplaceVector(const AddFile& file, std::optional<DeletionVectorDescriptor> vector) {
  PL_RETURN_NOT_OK(RemoveOnce(file));
  AddFile again = file;
  again.deletion_vector = std::move(vector);
  changes_.committed_again.push_back(std::move(again));
  return Status::OK();
}

Status DeltaTransaction::SetDeletedRows(const table::DataFile& file, const std::vector<uint64_t>& positions) {
  if (!HasWriterFeature(protocol(), "deletionVectors")) {
    return Error(ErrorCode::kUnsupported,
                 "the table's protocol has no deletion vectors; switch the feature "
                 "deletionVectors on first, or write the file anew");
  }
  PL_ASSIGN_OR_RETURN(const AddFile* add, read_->FileOf(file));
  if (file.num_rows >= 0 && !positions.empty() && positions.back() >= static_cast<uint64_t>(file.num_rows)) {
    return Error(ErrorCode::kUsage, fmt::format("{} has {} rows, there is no row {} to delete", file.path,
                                                file.num_rows, positions.back()));
  }
  PL_ASSIGN_OR_RETURN(const size_t ordinal, vectors_.Add(positions));
  PL_RETURN_NOT_OK(ReplaceVector(*add, std::nullopt));
  vector_of_[changes_.committed_again.size() - 1] = ordinal;
  return Status::OK();
}

Status DeltaTransaction::WriteVectors() {
  if (vector_of_.empty()) {
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(const std::vector<DeletionVectorDescriptor> written,
                      vectors_.Finish(read_->location()));
  if (!vectors_.file_name().empty()) {
    staged_paths_.push_back(read_->location().Child(vectors_.file_name()));
  }
  for (const auto& [position, ordinal] : vector_of_) {
    AddFile& file = changes_.committed_again[position];
    file.deletion_vector = written.at(ordinal);
    file.stats = WithWideBounds(file.stats);
  }
  vector_of_.clear();
  return Status::OK();
}

// The protocol is raised as far as the new metadata needs it, columns get their ids.
Status DeltaTransaction::TakeMetadata(Metadata changed) {
  PL_RETURN_NOT_OK(CheckProperties(changed.configuration, metadata().configuration));
  PL_ASSIGN_OR_RETURN(const std::string mode_before, ColumnMappingMode(protocol(), metadata()));
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(changed.schema_string));
  std::vector<std::string> features = FeaturesForProperties(changed.configuration);
  for (std::string& name : FeaturesForSchema(*schema)) features.push_back(std::move(name));
  PL_RETURN_NOT_OK(EnableFeatures(features));
  DropFeatureRequests(&changed.configuration);
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(protocol(), changed));
  PL_RETURN_NOT_OK(MapColumns(mode_before, mode, &changed));
  table::TableDefinition definition;
  definition.schema = schema;
  definition.partition_columns = changed.partition_columns;
  PL_RETURN_NOT_OK(CheckDefinition(definition, mode != "none"));
  PL_RETURN_NOT_OK(CheckCompatibleChange(*schema, changed));
  changes_.metadata = std::move(changed);
  return Status::OK();
}

// By the rule that the table has: a change of the rule holds from the next change on.
Status DeltaTransaction::CheckCompatibleChange(const arrow::Schema& schema, const Metadata& changed) const {
  if (const auto rule = changed.configuration.find(table::kCompatibilityKey);
      rule != changed.configuration.end())
    PL_RETURN_NOT_OK(table::CheckCompatibilityRule(rule->second));
  const auto rule = metadata().configuration.find(table::kCompatibilityKey);
  if (rule == metadata().configuration.end() || metadata().schema_string.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const auto before, SchemaFromJson(metadata().schema_string));
  return table::CheckCompatible(rule->second, table::CompareSchemas(*before, schema));
}

Status DeltaTransaction::SetDefinition(const table::TableDefinition& definition) {
  Metadata changed = metadata();
  changed.name = definition.name;
  changed.description = definition.description;
  PL_ASSIGN_OR_RETURN(changed.schema_string, SchemaToJson(*definition.schema));
  changed.partition_columns = definition.partition_columns;
  changed.configuration = definition.properties;
  // A rule holds until it is set to another: who makes the table anew does not mean to end it.
  const auto rule = metadata().configuration.find(table::kCompatibilityKey);
  if (rule != metadata().configuration.end()) changed.configuration.insert(*rule);
  return TakeMetadata(std::move(changed));
}

Status DeltaTransaction::SetProperties(const std::map<std::string, std::string>& set,
                                       const std::vector<std::string>& unset) {
  return Change(table::SetProperties{set, unset});
}

Status DeltaTransaction::Change(const table::SchemaChange& change) {
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(protocol(), metadata()));
  const auto widening = metadata().configuration.find("delta.enableTypeWidening");
  const AlterContext context{read_->state(), mode != "none",
                             widening != metadata().configuration.end() && widening->second == "true" &&
                                 HasWriterFeature(protocol(), "typeWidening")};
  PL_ASSIGN_OR_RETURN(Metadata changed, Altered(context, metadata(), change));
  // To who reads by names it is a column that is gone and one that is new and empty.
  const auto rule = metadata().configuration.find(table::kCompatibilityKey);
  if (std::holds_alternative<table::RenameColumn>(change) && rule != metadata().configuration.end() &&
      rule->second != "none") {
    return Error(
        ErrorCode::kSchemaMismatch,
        fmt::format("the table's columns change by the rule `{}` alone ({}): readers know `{}` by its name",
                    rule->second, table::kCompatibilityKey,
                    fmt::join(std::get<table::RenameColumn>(change).path, ".")));
  }
  return TakeMetadata(std::move(changed));
}

Result<std::shared_ptr<arrow::Schema>> DeltaTransaction::FileSchema() const {
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(protocol(), metadata()));
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata().schema_string));
  return FileSchemaOf(schema, mode);
}

Status DeltaTransaction::EnableFeatures(const std::vector<std::string>& names) {
  PL_ASSIGN_OR_RETURN(Protocol upgraded, WithFeatures(protocol(), names));
  if (upgraded.writer_features != protocol().writer_features ||
      upgraded.min_writer_version != protocol().min_writer_version) {
    changes_.protocol = std::move(upgraded);
  }
  return Status::OK();
}

void DeltaTransaction::SetDomain(const std::string& domain, const std::optional<std::string>& configuration) {
  changes_.domains[domain] = DomainMetadata{domain, configuration.value_or(""), !configuration};
}

void DeltaTransaction::SetTxn(std::string app_id, int64_t version) {
  changes_.txn = Txn{std::move(app_id), version, NowMillis()};
}

Status DeltaTransaction::NoteTxn(std::string app_id, int64_t version) {
  changes_.noted_txns.push_back(Txn{std::move(app_id), version, NowMillis()});
  return Status::OK();
}

Status DeltaTransaction::CommitUnder(const table::LeaseEpoch& lease) {
  changes_.leases.push_back(Txn{lease.app_id, lease.epoch, NowMillis()});
  return Status::OK();
}

Status DeltaTransaction::CheckLeases() const {
  for (const Txn& lease : changes_.leases) {
    const int64_t found = read_->TxnVersion(lease.app_id).value_or(INT64_MIN);
    if (found <= lease.version) continue;
    return Error(
        ErrorCode::kCommitConflict,
        fmt::format("committing to {}: another process has epoch {} of {} and took this piece of work "
                    "over; this one had epoch {} and commits nothing any more",
                    read_->location().path, found, lease.app_id, lease.version));
  }
  return Status::OK();
}

Status DeltaTransaction::CheckFiles(const arrow::Schema& schema) const {
  for (const table::StagedFile& file : changes_.appended) {
    for (const std::string& column : metadata().partition_columns) {
      if (!file.partition_values.contains(column)) {
        return Error(ErrorCode::kSchemaMismatch,
                     fmt::format("staged file {} has no value for partition column `{}`", file.name, column));
      }
      // A text that does not fit would make the whole table unreadable.
      const auto field = schema.GetFieldByName(column);
      if (field == nullptr) {
        return Error(ErrorCode::kCorrupt, fmt::format("the schema has no partition column `{}`", column));
      }
      const auto value = ParsePartitionValue(file.partition_values.at(column), field->type());
      if (!value.ok() || (!(*value)->is_valid && !field->nullable())) {
        return Error(ErrorCode::kSchemaMismatch,
                     fmt::format("staged file {} has no valid value for partition column `{}`: {}", file.name,
                                 column, value.ok() ? "it may not be null" : value.status().message()));
      }
    }
    if (file.partition_values.size() != metadata().partition_columns.size()) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("staged file {} has values for {} partition columns, the table has {}",
                               file.name, file.partition_values.size(), metadata().partition_columns.size()));
    }
  }
  return Status::OK();
}

Status DeltaTransaction::CheckChanges() const {
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata().schema_string));
  PL_RETURN_NOT_OK(CheckFiles(*schema));
  if (changes_.metadata) {
    // As it will be, too: a property or a column may ask for what we do not write.
    PL_RETURN_NOT_OK(CheckWritable(protocol(), metadata()));
  }
  if (!changes_.data_change) {
    return Status::OK();
  }
  if (!changes_.removed.empty() && IsAppendOnly(protocol(), metadata())) {
    return Error(ErrorCode::kUnsupported,
                 "the table is append-only (delta.appendOnly): no rows can be deleted or changed; unset the "
                 "property first");
  }
  return changes_.appended.empty() ? Status::OK()
                                   : CheckAppendable(protocol(), metadata(), *schema, changes_.keeps_rules);
}

}  // namespace pixlake::delta
