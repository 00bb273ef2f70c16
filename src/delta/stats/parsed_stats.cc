#include <cmath>

#include <arrow/api.h>
#include <nlohmann/json.hpp>

#include "delta/stats/parsed_stats_internal.h"
#include "delta/stats/value_text_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::json;

std::optional<json> ValueToJson(const arrow::Array& array, int64_t row);

std::optional<json> StructToJson(const arrow::StructArray& record, int64_t row) {
  json out = json::object();
  for (int i = 0; i < record.num_fields(); ++i) {
    if (std::optional<json> value = ValueToJson(*record.field(i), row)) {
      out[record.struct_type()->field(i)->name()] = *std::move(value);
    }
  }
  return out.empty() ? std::nullopt : std::optional<json>(std::move(out));
}

std::optional<json> ValueToJson(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) {
    return std::nullopt;
  }
  if (array.type_id() == arrow::Type::STRUCT) {
    return StructToJson(static_cast<const arrow::StructArray&>(array), row);
  }
  const arrow::Result<std::shared_ptr<arrow::Scalar>> scalar = array.GetScalar(row);
  return scalar.ok() ? ScalarToStatsJson(**scalar, Rounding::kNone) : std::nullopt;
}

}  // namespace

std::string ParsedStatsToJson(const std::shared_ptr<arrow::Array>& stats, int64_t row) {
  if (stats == nullptr || stats->type_id() != arrow::Type::STRUCT) {
    return "";
  }
  const std::optional<json> value = ValueToJson(*stats, row);
  return value ? value->dump(-1, ' ', false, json::error_handler_t::replace) : "";
}

}  // namespace pixlake::delta
