#include <algorithm>
#include <charconv>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/uuid.h"
#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/schema/schema_json_internal.h"

namespace pixlake::delta {
namespace {

constexpr char kMaxId[] = "delta.columnMapping.maxColumnId";

int64_t NumberIn(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

// PROTOCOL.md, "Writer Requirements for Column Mapping": field ids in both modes.
Result<std::shared_ptr<arrow::Schema>> FileSchemaOf(const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::string& mode) {
  if (mode == "none") return schema;
  PL_ASSIGN_OR_RETURN(
      auto fields,
      EditEveryField(
          schema->fields(),
          [](const std::shared_ptr<arrow::Field>& field) -> Result<std::shared_ptr<arrow::Field>> {
            const std::string name = FieldText(*field, kPhysicalName);
            const std::string id = FieldText(*field, kColumnId);
            if (name.empty() || id.empty()) {
              return Error(ErrorCode::kCorrupt,
                           fmt::format("column `{}` has no physical name or no id, in a table that "
                                       "maps columns",
                                       field->name()));
            }
            return field->WithName(name)->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {id}));
          }));
  return arrow::schema(std::move(fields));
}

Status MapColumns(const std::string& mode_before, const std::string& mode, Metadata* metadata) {
  if (mode != mode_before && (mode_before != "none" || mode == "id")) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("delta.columnMapping.mode cannot become {} where it is {}: a table may take mode "
                    "name later, id only when it is made, and keeps either",
                    mode, mode_before));
  }
  if (mode == "none") return Status::OK();
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata->schema_string));
  int64_t max_id = NumberIn(metadata->configuration[kMaxId]);
  const auto highest = [&](const std::shared_ptr<arrow::Field>& field) {
    max_id = std::max(max_id, NumberIn(FieldText(*field, kColumnId)));
    return Result<std::shared_ptr<arrow::Field>>(field);
  };
  PL_RETURN_NOT_OK(EditEveryField(schema->fields(), highest).status());
  // Parquet's field ids have 32 bits; far fewer are ever given.
  if (max_id < 0 || max_id > INT32_MAX / 2) {
    return Error(ErrorCode::kCorrupt, fmt::format("the highest column id of the table is {}", max_id));
  }
  const bool keeps_names = mode_before == "none";
  const auto assign = [&](std::shared_ptr<arrow::Field> field) -> Result<std::shared_ptr<arrow::Field>> {
    if (FieldText(*field, kColumnId).empty())
      field = WithFieldText(field, kColumnId, std::to_string(++max_id));
    if (FieldText(*field, kPhysicalName).empty()) {
      field = WithFieldText(field, kPhysicalName, keeps_names ? field->name() : "col-" + NewUuid());
    }
    return field;
  };
  PL_ASSIGN_OR_RETURN(auto fields, EditEveryField(schema->fields(), assign));
  PL_ASSIGN_OR_RETURN(metadata->schema_string, SchemaToJson(*arrow::schema(std::move(fields))));
  metadata->configuration[kMaxId] = std::to_string(max_id);
  return Status::OK();
}

}  // namespace pixlake::delta
