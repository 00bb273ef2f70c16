#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/snapshot/clustering_internal.h"
#include "delta/stats/stats_selection_internal.h"

namespace pixlake::delta {

namespace {

constexpr char kDomain[] = "delta.clustering";
// As Delta Spark has it.
constexpr size_t kMostColumns = 4;

std::string PhysicalName(const arrow::Field& field) {
  const std::string mapped = FieldText(field, kPhysicalName);
  return mapped.empty() ? field.name() : mapped;
}

int LeafCount(const arrow::DataType& type) {
  int leaves = type.num_fields() == 0 ? 1 : 0;
  for (const auto& field : type.fields()) {
    leaves += LeafCount(*field->type());
  }
  return leaves;
}

// "a.b" of the physical path; empty when it leads nowhere.
std::string LogicalName(const arrow::FieldVector& fields, const nlohmann::json& path, size_t depth) {
  for (const auto& field : fields) {
    if (!path[depth].is_string() || PhysicalName(*field) != path[depth].get<std::string>()) {
      continue;
    }
    if (depth + 1 == path.size()) {
      return field->name();
    }
    const std::string rest = LogicalName(field->type()->fields(), path, depth + 1);
    return rest.empty() ? rest : field->name() + "." + rest;
  }
  return {};
}

}  // namespace

std::vector<std::string> ClusteringColumns(const TableState& state) {
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
    if (!path.is_array() || path.empty()) {
      return {};
    }
    std::string name = LogicalName(state.schema->fields(), path, 0);
    if (name.empty()) {
      return {};
    }
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
  nlohmann::json paths = nlohmann::json::array();
  for (const std::string& name : columns) {
    const int position = state->schema->GetFieldIndex(name);
    if (position < 0) {
      return Error(ErrorCode::kUsage, fmt::format("CLUSTER BY: there is no column `{}`", name));
    }
    const arrow::Field& field = *state->schema->field(position);
    int leaves = 0;
    for (int i = 0; i < position; ++i) {
      leaves += LeafCount(*state->schema->field(i)->type());
    }
    if (field.type()->num_fields() > 0 || field.type()->id() == arrow::Type::BINARY ||
        !statistics.Has({PhysicalName(field)}, leaves)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("CLUSTER BY: column `{}` has no statistics, by which clustered files are "
                               "found; see delta.dataSkippingStatsColumns",
                               name));
    }
    const nlohmann::json path = nlohmann::json::array({PhysicalName(field)});
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
