#include <arrow/api.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "delta/commit/definition_check_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/snapshot/clustering_internal.h"
#include "delta/table/new_table_internal.h"

namespace pixlake::delta {

namespace {

std::map<std::string, std::string> PropertiesOf(const table::TableDefinition& definition) {
  std::map<std::string, std::string> out = definition.properties;
  if (definition.change_feed) out.emplace("delta.enableChangeDataFeed", "true");
  if (definition.deletion_vectors) out.emplace("delta.enableDeletionVectors", "true");
  return out;
}

}  // namespace

Result<TableState> FirstState(const table::TableDefinition& definition) {
  const std::map<std::string, std::string> properties = PropertiesOf(definition);
  PL_RETURN_NOT_OK(CheckProperties(properties, {}));
  TableState state;
  state.version = kBeforeFirst;
  Metadata& metadata = state.metadata;
  metadata.id = NewUuid();
  metadata.name = definition.name;
  metadata.description = definition.description;
  metadata.partition_columns = definition.partition_columns;
  metadata.configuration = properties;
  metadata.created_time = NowMillis();
  std::vector<std::string> features = FeaturesForProperties(properties);
  for (std::string& name : FeaturesForSchema(*definition.schema)) features.push_back(std::move(name));
  if (!definition.clustering_columns.empty()) features.emplace_back("clustering");
  PL_ASSIGN_OR_RETURN(state.protocol, WithFeatures(ProtocolFor(*definition.schema), features));
  DropFeatureRequests(&metadata.configuration);
  PL_ASSIGN_OR_RETURN(state.mapping_mode, ColumnMappingMode(state.protocol, metadata));
  PL_RETURN_NOT_OK(CheckDefinition(definition, state.mapping_mode != "none"));
  PL_ASSIGN_OR_RETURN(metadata.schema_string, SchemaToJson(*definition.schema));
  PL_RETURN_NOT_OK(MapColumns(state.mapping_mode, state.mapping_mode, &metadata));
  PL_ASSIGN_OR_RETURN(state.schema, SchemaFromJson(metadata.schema_string));
  if (!definition.clustering_columns.empty()) {
    PL_RETURN_NOT_OK(ClusterBy(definition.clustering_columns, &state));
  }
  PL_RETURN_NOT_OK(CheckAppendable(state.protocol, metadata, *state.schema, true));
  return state;
}

Result<std::shared_ptr<const table::Snapshot>> NewDeltaTable::Load(const table::VersionSpec&) {
  return std::shared_ptr<const table::Snapshot>(empty_);
}

}  // namespace pixlake::delta
