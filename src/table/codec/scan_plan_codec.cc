#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/api.h>

#include "table/codec/json_members_internal.h"
#include "table/codec/plan_codec.h"
#include "table/codec/values_codec_internal.h"

namespace pixlake::table {
namespace {

using nlohmann::json;
using Positions = std::shared_ptr<const std::vector<uint64_t>>;

constexpr int kMostMappingDepth = 64;

Result<json> EncodePositions(const Positions& positions) {
  if (positions == nullptr) return json();
  arrow::UInt64Builder builder;
  PL_RETURN_NOT_OK(builder.AppendValues(*positions));
  PL_ASSIGN_OR_RETURN(auto column, builder.Finish());
  const auto schema = arrow::schema({arrow::field("position", arrow::uint64())});
  PL_ASSIGN_OR_RETURN(std::string text,
                      EncodeColumns(*arrow::RecordBatch::Make(schema, column->length(), {column})));
  return json(std::move(text));
}

// Sorted and each once, as whoever applies them relies on.
Result<Positions> DecodePositions(const json& object, const char* name) {
  if (FindMember(object, name) == nullptr) return Positions();
  PL_ASSIGN_OR_RETURN(const std::string text, TextMember(object, name));
  PL_ASSIGN_OR_RETURN(const auto columns, DecodeColumns(text));
  if (columns->num_columns() != 1 || columns->column(0)->type_id() != arrow::Type::UINT64 ||
      columns->column(0)->null_count() != 0)
    return BadMember(name, "positions");
  const auto& column = static_cast<const arrow::UInt64Array&>(*columns->column(0));
  std::vector<uint64_t> positions(column.raw_values(), column.raw_values() + column.length());
  if (std::adjacent_find(positions.begin(), positions.end(), std::greater_equal<>()) != positions.end())
    return BadMember(name, "in ascending order");
  return std::make_shared<const std::vector<uint64_t>>(std::move(positions));
}

json EncodeMapping(const FieldMapping& mapping) {
  json object = {{"name", mapping.physical_name}, {"id", mapping.field_id}};
  for (const FieldMapping& child : mapping.children) object["children"].push_back(EncodeMapping(child));
  return object;
}

Result<FieldMapping> DecodeMapping(const json& object, int depth) {
  if (depth > kMostMappingDepth) return BadMember("children", "so shallow");
  FieldMapping mapping;
  PL_ASSIGN_OR_RETURN(mapping.physical_name, TextMember(object, "name"));
  PL_ASSIGN_OR_RETURN(const int64_t id, NumberMember(object, "id", -1));
  if (id > INT32_MAX) return BadMember("id", "a field id");
  mapping.field_id = static_cast<int32_t>(id);
  if (const json* children = FindMember(object, "children"); children != nullptr) {
    for (const json& child : *children) {
      PL_ASSIGN_OR_RETURN(FieldMapping one, DecodeMapping(child, depth + 1));
      mapping.children.push_back(std::move(one));
    }
  }
  return mapping;
}

}  // namespace

Result<json> EncodeScanTask(const ScanTask& task) {
  if (task.store != nullptr || task.format != FileFormat::kParquet) {
    return Error(
        ErrorCode::kUnsupported,
        task.path + ": only tasks over Parquet files in the table's own store can be sent elsewhere");
  }
  json names = json::array();
  std::vector<std::shared_ptr<arrow::Scalar>> values;
  for (const auto& [name, value] : task.partition_values) {
    names.push_back(name);
    values.push_back(value);
  }
  json object = {{"codec", kPlanCodecVersion}, {"path", task.path},
                 {"size", task.size},          {"rows", task.num_rows},
                 {"ordinal", task.ordinal},    {"partition_columns", std::move(names)}};
  PL_ASSIGN_OR_RETURN(object["partition_values"], EncodeScalars(values));
  PL_ASSIGN_OR_RETURN(object["deleted_rows"], EncodePositions(task.deleted_rows));
  PL_ASSIGN_OR_RETURN(object["selected_rows"], EncodePositions(task.selected_rows));
  return object;
}

Result<ScanTask> DecodeScanTask(const json& object) {
  PL_RETURN_NOT_OK(CheckCodec(object, kPlanCodecVersion));
  ScanTask task;
  PL_ASSIGN_OR_RETURN(task.path, TextMember(object, "path"));
  PL_ASSIGN_OR_RETURN(task.size, NumberMember(object, "size", -1));
  PL_ASSIGN_OR_RETURN(task.num_rows, NumberMember(object, "rows", -1));
  PL_ASSIGN_OR_RETURN(task.ordinal, NumberMember(object, "ordinal", -1));
  PL_ASSIGN_OR_RETURN(const std::string text, TextMember(object, "partition_values"));
  PL_ASSIGN_OR_RETURN(const auto values, DecodeScalars(text));
  const json* names = FindMember(object, "partition_columns");
  if (names == nullptr || !names->is_array() || names->size() != values.size())
    return BadMember("partition_columns", "a list as long as the values");
  for (size_t i = 0; i < values.size(); ++i) {
    const json& name = (*names)[i];
    if (!name.is_string() || values[i] == nullptr) return BadMember("partition_columns", "a list of names");
    task.partition_values.emplace_back(name.get<std::string>(), values[i]);
  }
  PL_ASSIGN_OR_RETURN(task.deleted_rows, DecodePositions(object, "deleted_rows"));
  PL_ASSIGN_OR_RETURN(task.selected_rows, DecodePositions(object, "selected_rows"));
  return task;
}

Result<json> EncodeScanPlan(const ScanPlan& plan, bool with_tasks) {
  if (plan.gate != nullptr)
    return Error(ErrorCode::kUnsupported, "a gate stands before these rows, and it cannot be sent elsewhere");
  json object = {{"codec", kPlanCodecVersion},
                 {"batch_rows", plan.batch_rows},
                 {"batch_bytes", plan.batch_bytes},
                 {"files_total", plan.files_total},
                 {"files_skipped", plan.files_skipped},
                 {"mapping", json::array()},
                 {"tasks", json::array()}};
  PL_ASSIGN_OR_RETURN(object["table_schema"], EncodeSchema(*plan.table_schema));
  PL_ASSIGN_OR_RETURN(object["output_schema"], EncodeSchema(*plan.output_schema));
  for (const FieldMapping& mapping : plan.mapping) object["mapping"].push_back(EncodeMapping(mapping));
  for (size_t i = 0; with_tasks && i < plan.tasks.size(); ++i) {
    PL_ASSIGN_OR_RETURN(json task, EncodeScanTask(plan.tasks[i]));
    object["tasks"].push_back(std::move(task));
  }
  return object;
}

Result<ScanPlan> DecodeScanPlan(const json& object) {
  PL_RETURN_NOT_OK(CheckCodec(object, kPlanCodecVersion));
  ScanPlan plan;
  PL_ASSIGN_OR_RETURN(plan.batch_rows, NumberMember(object, "batch_rows", 1));
  PL_ASSIGN_OR_RETURN(plan.batch_bytes, NumberMember(object, "batch_bytes", 1));
  PL_ASSIGN_OR_RETURN(plan.files_total, NumberMember(object, "files_total", 0));
  PL_ASSIGN_OR_RETURN(plan.files_skipped, NumberMember(object, "files_skipped", 0));
  PL_ASSIGN_OR_RETURN(const std::string table, TextMember(object, "table_schema"));
  PL_ASSIGN_OR_RETURN(plan.table_schema, DecodeSchema(table));
  PL_ASSIGN_OR_RETURN(const std::string output, TextMember(object, "output_schema"));
  PL_ASSIGN_OR_RETURN(plan.output_schema, DecodeSchema(output));
  const json* mapping = FindMember(object, "mapping");
  if (mapping == nullptr || !mapping->is_array() ||
      mapping->size() != static_cast<size_t>(plan.table_schema->num_fields()))
    return BadMember("mapping", "an entry for each column");
  for (const json& field : *mapping) {
    PL_ASSIGN_OR_RETURN(FieldMapping one, DecodeMapping(field, 0));
    plan.mapping.push_back(std::move(one));
  }
  if (const json* tasks = FindMember(object, "tasks"); tasks != nullptr) {
    for (const json& task : *tasks) {
      PL_ASSIGN_OR_RETURN(ScanTask one, DecodeScanTask(task));
      plan.tasks.push_back(std::move(one));
    }
  }
  return plan;
}

}  // namespace pixlake::table
