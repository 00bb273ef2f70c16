#include <utility>
#include <vector>

#include <arrow/api.h>

#include "table/codec/json_members_internal.h"
#include "table/codec/plan_codec.h"
#include "table/codec/values_codec_internal.h"

namespace pixlake::table {
namespace {

using nlohmann::json;

Result<json> EncodeStatistics(const file::DataStatistics& statistics) {
  json columns = json::array();
  std::vector<std::shared_ptr<arrow::Scalar>> bounds;
  for (const file::ColumnStatistics& column : statistics.columns) {
    columns.push_back({{"path", column.path}, {"nulls", column.null_count}});
    bounds.push_back(column.min);
    bounds.push_back(column.max);
  }
  PL_ASSIGN_OR_RETURN(std::string values, EncodeScalars(bounds));
  return json{{"rows", statistics.num_rows}, {"columns", std::move(columns)}, {"bounds", std::move(values)}};
}

Result<file::DataStatistics> DecodeStatistics(const json& object) {
  file::DataStatistics statistics;
  PL_ASSIGN_OR_RETURN(statistics.num_rows, NumberMember(object, "rows", 0));
  PL_ASSIGN_OR_RETURN(const std::string values, TextMember(object, "bounds"));
  PL_ASSIGN_OR_RETURN(const auto bounds, DecodeScalars(values));
  const json* columns = FindMember(object, "columns");
  if (columns == nullptr || !columns->is_array() || 2 * columns->size() != bounds.size())
    return BadMember("columns", "a list as long as the bounds");
  for (const json& column : *columns) {
    file::ColumnStatistics& to = statistics.columns.emplace_back();
    const json* path = FindMember(column, "path");
    if (path == nullptr || !path->is_array() || path->empty()) return BadMember("path", "a list of names");
    for (const json& name : *path) {
      if (!name.is_string()) return BadMember("path", "a list of names");
      to.path.push_back(name.get<std::string>());
    }
    PL_ASSIGN_OR_RETURN(to.null_count, NumberMember(column, "nulls", -1));
    if (to.null_count > statistics.num_rows) return BadMember("nulls", "a number of rows of the file");
    const size_t at = 2 * (statistics.columns.size() - 1);
    to.min = bounds[at];
    to.max = bounds[at + 1];
    if (to.min != nullptr && to.max != nullptr && !to.min->type->Equals(*to.max->type))
      return BadMember("bounds", "of one type for each column");
  }
  return statistics;
}

}  // namespace

Result<json> EncodeStagedFile(const StagedFile& file) {
  json partition = json::object();
  for (const auto& [column, value] : file.partition_values) partition[column] = value ? json(*value) : json();
  PL_ASSIGN_OR_RETURN(json statistics, EncodeStatistics(file.statistics));
  json object = {{"codec", kPlanCodecVersion},
                 {"name", file.name},
                 {"size", file.size},
                 {"modified_ms", file.modified_ms},
                 {"partition", std::move(partition)},
                 {"tags", file.tags},
                 {"statistics", std::move(statistics)}};
  if (file.clustering_provider) object["clustering_provider"] = *file.clustering_provider;
  return object;
}

Result<StagedFile> DecodeStagedFile(const json& object) {
  PL_RETURN_NOT_OK(CheckCodec(object, kPlanCodecVersion));
  StagedFile file;
  PL_ASSIGN_OR_RETURN(file.name, TextMember(object, "name"));
  PL_ASSIGN_OR_RETURN(file.size, NumberMember(object, "size", 0));
  PL_ASSIGN_OR_RETURN(file.modified_ms, NumberMember(object, "modified_ms", 0));
  const json* partition = FindMember(object, "partition");
  if (partition == nullptr || !partition->is_object()) return BadMember("partition", "an object");
  for (const auto& [column, value] : partition->items()) {
    if (!value.is_null() && !value.is_string()) return BadMember("partition", "an object of texts");
    file.partition_values[column] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  }
  if (const json* tags = FindMember(object, "tags"); tags != nullptr) {
    if (!tags->is_object()) return BadMember("tags", "an object");
    for (const auto& [name, value] : tags->items()) {
      if (!value.is_string()) return BadMember("tags", "an object of texts");
      file.tags[name] = value.get<std::string>();
    }
  }
  if (FindMember(object, "clustering_provider") != nullptr) {
    PL_ASSIGN_OR_RETURN(file.clustering_provider, TextMember(object, "clustering_provider"));
  }
  const json* statistics = FindMember(object, "statistics");
  if (statistics == nullptr) return BadMember("statistics", "there");
  PL_ASSIGN_OR_RETURN(file.statistics, DecodeStatistics(*statistics));
  return file;
}

}  // namespace pixlake::table
