#include "delta/delta_format.h"

#include <set>

#include <arrow/api.h>
#include <arrow/util/string.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/uuid.h"
#include "delta/action_json_internal.h"
#include "delta/delta_table_internal.h"
#include "delta/features_internal.h"
#include "delta/schema_json_internal.h"
#include "delta/transaction_internal.h"

namespace pixlake::delta {

namespace {

// Without column mapping Parquet writers of other engines refuse these.
constexpr std::string_view kForbiddenInNames = " ,;{}()\n\t=";

Status CheckNames(const arrow::FieldVector& fields) {
  std::set<std::string> seen;
  for (const auto& field : fields) {
    if (field->name().empty() || field->name().find_first_of(kForbiddenInNames) != std::string::npos) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("column name `{}` is empty or has one of \" ,;{{}}()\\n\\t=\"", field->name()));
    }
    if (!seen.insert(arrow::internal::AsciiToLower(field->name())).second) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column `{}` is there twice (case does not count)", field->name()));
    }
    PL_RETURN_NOT_OK(field->type()->id() == arrow::Type::STRUCT ? CheckNames(field->type()->fields())
                                                                : Status::OK());
  }
  return Status::OK();
}

Status CheckDefinition(const table::TableDefinition& definition) {
  if (definition.schema == nullptr || definition.schema->num_fields() == 0) {
    return Error(ErrorCode::kUsage, "a table needs at least one column");
  }
  PL_RETURN_NOT_OK(CheckNames(definition.schema->fields()));
  std::set<std::string> partitions;
  for (const std::string& name : definition.partition_columns) {
    const auto field = definition.schema->GetFieldByName(name);
    if (field == nullptr || field->type()->num_fields() > 0 || !partitions.insert(name).second) {
      return Error(ErrorCode::kUsage,
                   fmt::format("`{}` cannot be a partition column: not one simple column", name));
    }
  }
  if (static_cast<int>(partitions.size()) == definition.schema->num_fields()) {
    return Error(ErrorCode::kUsage, "a table needs a column that it is not partitioned by");
  }
  return Status::OK();
}

Result<Metadata> MetadataFor(const table::TableDefinition& definition) {
  Metadata metadata;
  metadata.id = NewUuid();
  metadata.name = definition.name;
  metadata.description = definition.description;
  PL_ASSIGN_OR_RETURN(metadata.schema_string, SchemaToJson(*definition.schema));
  metadata.partition_columns = definition.partition_columns;
  metadata.configuration = definition.properties;
  metadata.created_time = NowMillis();
  return metadata;
}

std::string FirstCommit(const Protocol& protocol, const Metadata& metadata) {
  CommitInfo info;
  info.timestamp = NowMillis();
  info.operation = "CREATE TABLE";
  info.parameters = {{"partitionBy", nlohmann::json(metadata.partition_columns).dump()},
                     {"properties", nlohmann::json(metadata.configuration).dump()},
                     {"description", metadata.description},
                     {"isManaged", "false"}};
  info.engine_info = EngineInfo();
  info.txn_id = NewUuid();
  return ActionToJson(info) + "\n" + ActionToJson(protocol) + "\n" + ActionToJson(metadata) + "\n";
}

class DeltaFormat : public table::TableFormat {
 public:
  std::string_view name() const override { return "delta"; }

  Result<bool> Detect(const io::Location& location) override {
    PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(location));
    return listing.latest().has_value();
  }

  Result<std::unique_ptr<table::Table>> Open(const io::Location& location) override {
    PL_ASSIGN_OR_RETURN(const bool found, Detect(location));
    if (!found) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("{} is not a Delta table: no commit in _delta_log", location.path));
    }
    return std::make_unique<DeltaTable>(location);
  }

  Result<std::unique_ptr<table::Table>> Create(const io::Location& location,
                                               const table::TableDefinition& definition) override {
    PL_RETURN_NOT_OK(CheckDefinition(definition));
    PL_ASSIGN_OR_RETURN(const Metadata metadata, MetadataFor(definition));
    const Protocol protocol = ProtocolFor(*definition.schema);
    // A property that switches a feature on would need the feature in the protocol.
    PL_RETURN_NOT_OK(CheckProperties(metadata));
    PL_RETURN_NOT_OK(CheckAppendable(protocol, metadata, *definition.schema));
    PL_ASSIGN_OR_RETURN(const bool taken, Detect(location));
    const Status put =
        taken ? Error(ErrorCode::kAlreadyExists, "version 0 is there")
              : location.store->PutIfAbsent(CommitPath(location, 0), FirstCommit(protocol, metadata));
    if (!put.ok()) {
      return WithContext(put, fmt::format("creating Delta table {}", location.path));
    }
    return std::make_unique<DeltaTable>(location);
  }

 private:
  static Status CheckProperties(const Metadata& metadata) {
    for (const char* key :
         {"delta.enableDeletionVectors", "delta.enableChangeDataFeed", "delta.enableRowTracking",
          "delta.enableInCommitTimestamps", "delta.enableTypeWidening", "delta.enableIcebergCompatV1",
          "delta.enableIcebergCompatV2", "delta.columnMapping.mode"}) {
      const auto found = metadata.configuration.find(key);
      if (found != metadata.configuration.end() && found->second != "false" && found->second != "none") {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("new tables with property {}={} are not made yet", key, found->second));
      }
    }
    return Status::OK();
  }
};

}  // namespace

std::unique_ptr<table::TableFormat> MakeDeltaFormat() {
  return std::make_unique<DeltaFormat>();
}

}  // namespace pixlake::delta
