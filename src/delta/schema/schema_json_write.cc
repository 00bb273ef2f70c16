#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/schema/schema_json_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

Result<ordered_json> TypeToJson(const arrow::DataType& type);

// Keys whose values are JSON numbers, lists or flags in the log, not text.
bool IsJsonValued(const std::string& key) {
  return key == "delta.columnMapping.id" || key == "delta.typeChanges" ||
         key == "delta.columnMapping.nested.ids" || key.starts_with("delta.identity.");
}

ordered_json FieldMetadataToJson(const arrow::Field& field) {
  ordered_json out = ordered_json::object();
  if (field.metadata() == nullptr) {
    return out;
  }
  for (int64_t i = 0; i < field.metadata()->size(); ++i) {
    const std::string& key = field.metadata()->key(i);
    const std::string& value = field.metadata()->value(i);
    if (key.starts_with("PARQUET:") || key.starts_with("ARROW:")) {
      continue;  // facts of one file, not of the table
    }
    ordered_json parsed =
        IsJsonValued(key) ? ordered_json::parse(value, nullptr, false) : ordered_json(value);
    if (parsed.is_discarded()) parsed = value;
    out[key == table::kGeneratedKey ? kGenerationExpression : key] = std::move(parsed);
  }
  return out;
}

Result<ordered_json> StructToJson(const arrow::FieldVector& fields) {
  ordered_json list = ordered_json::array();
  for (const auto& field : fields) {
    Result<ordered_json> type = TypeToJson(*field->type());
    if (!type.ok()) {
      return WithContext(type.status(), fmt::format("column `{}`", field->name()));
    }
    list.push_back({{"name", field->name()},
                    {"type", *std::move(type)},
                    {"nullable", field->nullable()},
                    {"metadata", FieldMetadataToJson(*field)}});
  }
  return ordered_json{{"type", "struct"}, {"fields", std::move(list)}};
}

Result<ordered_json> NestedToJson(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRUCT:
      return StructToJson(type.fields());
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST: {
      PL_ASSIGN_OR_RETURN(ordered_json element, TypeToJson(*type.field(0)->type()));
      return ordered_json{{"type", "array"},
                          {"elementType", std::move(element)},
                          {"containsNull", type.field(0)->nullable()}};
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      PL_ASSIGN_OR_RETURN(ordered_json key, TypeToJson(*map.key_type()));
      PL_ASSIGN_OR_RETURN(ordered_json value, TypeToJson(*map.item_type()));
      return ordered_json{{"type", "map"},
                          {"keyType", std::move(key)},
                          {"valueType", std::move(value)},
                          {"valueContainsNull", map.item_field()->nullable()}};
    }
    default:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("Arrow type {} has no counterpart in a Delta table", type.ToString()));
  }
}

Result<ordered_json> TypeToJson(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return ordered_json("string");
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return ordered_json("binary");
    case arrow::Type::INT64:
      return ordered_json("long");
    case arrow::Type::INT32:
      return ordered_json("integer");
    case arrow::Type::INT16:
      return ordered_json("short");
    case arrow::Type::INT8:
      return ordered_json("byte");
    case arrow::Type::FLOAT:
      return ordered_json("float");
    case arrow::Type::DOUBLE:
      return ordered_json("double");
    case arrow::Type::BOOL:
      return ordered_json("boolean");
    case arrow::Type::DATE32:
      return ordered_json("date");
    case arrow::Type::TIMESTAMP:
      return ordered_json(static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "timestamp_ntz"
                                                                                            : "timestamp");
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision()) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("Arrow type {} has no counterpart in a Delta table", type.ToString()));
      }
      return ordered_json(fmt::format("decimal({},{})", decimal.precision(), decimal.scale()));
    }
    default:
      return NestedToJson(type);
  }
}

}  // namespace

Result<std::string> NameOfPrimitive(const arrow::DataType& type) {
  PL_ASSIGN_OR_RETURN(const ordered_json json, TypeToJson(type));
  if (!json.is_string()) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} is no primitive type", type.ToString()));
  }
  return json.get<std::string>();
}

Result<std::string> SchemaToJson(const arrow::Schema& schema) {
  PL_ASSIGN_OR_RETURN(const ordered_json root, StructToJson(schema.fields()));
  return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace pixlake::delta
