#include <charconv>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/field_mapping_internal.h"

namespace pixlake::delta {
namespace {

Result<table::FieldMapping> MappingOf(const arrow::Field& field, const std::string& mode);

Result<std::vector<table::FieldMapping>> ChildMappings(const arrow::DataType& type, const std::string& mode) {
  std::vector<table::FieldMapping> out;
  switch (type.id()) {
    case arrow::Type::STRUCT:
      for (const auto& child : type.fields()) {
        PL_ASSIGN_OR_RETURN(table::FieldMapping mapping, MappingOf(*child, mode));
        out.push_back(std::move(mapping));
      }
      break;
    case arrow::Type::LIST: {
      PL_ASSIGN_OR_RETURN(auto children, ChildMappings(*type.field(0)->type(), mode));
      out.push_back({"element", -1, std::move(children)});
      break;
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      PL_ASSIGN_OR_RETURN(auto key, ChildMappings(*map.key_type(), mode));
      PL_ASSIGN_OR_RETURN(auto value, ChildMappings(*map.item_type(), mode));
      out.push_back({"key", -1, std::move(key)});
      out.push_back({"value", -1, std::move(value)});
      break;
    }
    default:
      break;
  }
  return out;
}

Result<std::string> RequiredMetadata(const arrow::Field& field, const char* key) {
  if (field.metadata() != nullptr) {
    arrow::Result<std::string> value = field.metadata()->Get(key);
    if (value.ok()) {
      return value;
    }
  }
  return Error(ErrorCode::kCorrupt,
               fmt::format("the table maps columns but column `{}` has no `{}`", field.name(), key));
}

Result<table::FieldMapping> MappingOf(const arrow::Field& field, const std::string& mode) {
  table::FieldMapping out;
  PL_ASSIGN_OR_RETURN(out.physical_name, PhysicalName(field, mode));
  if (mode == "id") {
    PL_ASSIGN_OR_RETURN(const std::string id, RequiredMetadata(field, kColumnId));
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), out.field_id);
    if (error != std::errc() || end != id.data() + id.size() || out.field_id < 0) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("column `{}` has id `{}`, expected a number", field.name(), id));
    }
  }
  PL_ASSIGN_OR_RETURN(out.children, ChildMappings(*field.type(), mode));
  return out;
}

}  // namespace

Result<std::string> PhysicalName(const arrow::Field& field, const std::string& mode) {
  if (mode == "none") return field.name();
  return RequiredMetadata(field, kPhysicalName);
}

Result<std::vector<table::FieldMapping>> MappingFor(const arrow::Schema& schema, const std::string& mode) {
  return ChildMappings(*arrow::struct_(schema.fields()), mode);
}

}  // namespace pixlake::delta
