#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/feature/features_internal.h"
#include "delta/schema/field_mapping_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/snapshot/clustering_internal.h"
#include "delta/stats/stats_selection_internal.h"
#include "file/page/levels.h"

namespace pixlake::delta {

namespace {

constexpr char kDomain[] = "delta.clustering";
// As Delta Spark has it.
constexpr size_t kMostColumns = 4;

// "a.b" of the physical path; empty when it leads nowhere.
Result<std::string> LogicalName(const arrow::FieldVector& fields, const std::string& mode,
                                const nlohmann::json& path, size_t depth) {
  for (const auto& field : fields) {
    PL_ASSIGN_OR_RETURN(const std::string physical, PhysicalName(*field, mode));
    if (!path[depth].is_string() || physical != path[depth].get<std::string>()) continue;
    if (depth + 1 == path.size()) return field->name();
    PL_ASSIGN_OR_RETURN(const std::string rest, LogicalName(field->type()->fields(), mode, path, depth + 1));
    return rest.empty() ? rest : field->name() + "." + rest;
  }
  return std::string();
}

}  // namespace

Result<std::vector<std::string>> ClusteringColumns(const TableState& state) {
  std::vector<std::string> out;
  const auto domain = state.domains.find(kDomain);
  if (domain == state.domains.end() || domain->second.removed) {
    return out;
  }
  // What is not understood is kept as it is, and arranges nothing.
  const auto json = nlohmann::json::parse(domain->second.configuration, nullptr, false);
  if (!json.is_object() || !json.contains("clusteringColumns")) {
    return out;
  }
  for (const auto& path : json["clusteringColumns"]) {
    if (!path.is_array() || path.empty()) return std::vector<std::string>();
    PL_ASSIGN_OR_RETURN(std::string name, LogicalName(state.schema->fields(), state.mapping_mode, path, 0));
    if (name.empty()) return std::vector<std::string>();
    out.push_back(std::move(name));
  }
  return out;
}

Status ClusterBy(const std::vector<std::string>& columns, TableState* state) {
  if (!state->metadata.partition_columns.empty()) {
    return Error(ErrorCode::kUsage, "a table is clustered or partitioned, not both");
  }
  if (columns.size() > kMostColumns) {
    return Error(ErrorCode::kUsage, fmt::format("a table is clustered by at most {} columns", kMostColumns));
  }
  PL_ASSIGN_OR_RETURN(const StatsSelection statistics, StatsSelectionFor(state->protocol, state->metadata));
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(state->protocol, state->metadata));
  nlohmann::json paths = nlohmann::json::array();
  for (const std::string& name : columns) {
    const int position = state->schema->GetFieldIndex(name);
    if (position < 0) {
      return Error(ErrorCode::kUsage, fmt::format("CLUSTER BY: there is no column `{}`", name));
    }
    const arrow::Field& field = *state->schema->field(position);
    PL_ASSIGN_OR_RETURN(const std::string physical, PhysicalName(field, mode));
    int leaves = 0;
    for (int i = 0; i < position; ++i) {
      leaves += file::LeafCount(*state->schema->field(i)->type());
    }
    if (field.type()->num_fields() > 0 || field.type()->id() == arrow::Type::BINARY ||
        !statistics.Has({physical}, leaves)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("CLUSTER BY: column `{}` has no statistics, by which clustered files are "
                               "found; see delta.dataSkippingStatsColumns",
                               name));
    }
    const nlohmann::json path = nlohmann::json::array({physical});
    if (std::find(paths.begin(), paths.end(), path) != paths.end()) {
      return Error(ErrorCode::kUsage, fmt::format("CLUSTER BY: column `{}` is named twice", name));
    }
    paths.push_back(path);
  }
  state->domains[kDomain] = {
      kDomain, nlohmann::json{{"clusteringColumns", paths}, {"domainName", kDomain}}.dump(), false};
  return Status::OK();
}

}  // namespace pixlake::delta
