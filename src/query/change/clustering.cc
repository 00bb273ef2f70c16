#include <algorithm>

#include <arrow/type.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "query/change/change_query_internal.h"
#include "query/change/change_table.h"

namespace pixlake::query {
namespace {

constexpr size_t kMostClustering = 4;

}  // namespace

Status SetClustering(const table::Table& table, const table::TableDefinition& definition,
                     table::Transaction* transaction) {
  const auto& columns = definition.clustering_columns;
  if (!columns.empty() && !definition.partition_columns.empty())
    return Error(ErrorCode::kUsage, "a table is clustered or partitioned, not both");
  if (columns.size() > kMostClustering) {
    return Error(ErrorCode::kUsage,
                 fmt::format("CLUSTER BY: a table is clustered by at most {} columns", kMostClustering));
  }
  // The log knows columns as files do.
  PL_ASSIGN_OR_RETURN(const auto in_files, transaction->FileSchema());
  nlohmann::json paths = nlohmann::json::array();
  for (const std::string& name : columns) {
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*definition.schema, name));
    const arrow::Field& field = *definition.schema->field(column);
    if (field.type()->num_fields() > 0 || field.type()->id() == arrow::Type::BINARY) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("CLUSTER BY: column `{}` has no statistics, by which clustered files are found",
                      field.name()));
    }
    const nlohmann::json path = nlohmann::json::array({in_files->field(column)->name()});
    if (std::find(paths.begin(), paths.end(), path) != paths.end())
      return Error(ErrorCode::kUsage, fmt::format("CLUSTER BY: column `{}` is named twice", name));
    paths.push_back(path);
  }
  PL_RETURN_NOT_OK(transaction->EnableFeatures({"clustering"}));
  const std::string domain = std::string(table.format()) + ".clustering";
  transaction->SetDomain(domain, nlohmann::json{{"clusteringColumns", paths}, {"domainName", domain}}.dump());
  return Status::OK();
}

}  // namespace pixlake::query
