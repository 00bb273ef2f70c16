#include "query/statement/metrics_rows.h"

#include <arrow/api.h>

#include "query/result/memory_result.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> MetricsRow(const std::string& path, int64_t version,
                                                const std::map<std::string, std::string>& metrics) {
  arrow::StringBuilder paths;
  arrow::Int64Builder versions;
  const auto keys = std::make_shared<arrow::StringBuilder>();
  const auto values = std::make_shared<arrow::StringBuilder>();
  arrow::MapBuilder maps(arrow::default_memory_pool(), keys, values);
  PL_RETURN_NOT_OK(paths.Append(path));
  PL_RETURN_NOT_OK(versions.Append(version));
  PL_RETURN_NOT_OK(maps.Append());
  for (const auto& [key, value] : metrics) {
    PL_RETURN_NOT_OK(keys->Append(key));
    PL_RETURN_NOT_OK(values->Append(value));
  }
  PL_ASSIGN_OR_RETURN(const auto path_array, paths.Finish());
  PL_ASSIGN_OR_RETURN(const auto version_array, versions.Finish());
  PL_ASSIGN_OR_RETURN(const auto metrics_array, maps.Finish());
  const auto schema =
      arrow::schema({arrow::field("path", arrow::utf8()), arrow::field("version", arrow::int64()),
                     arrow::field("metrics", metrics_array->type())});
  return MemoryResult(arrow::Table::Make(schema, {path_array, version_array, metrics_array}));
}

}  // namespace pixlake::query
