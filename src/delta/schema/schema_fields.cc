#include <arrow/util/key_value_metadata.h>
#include <arrow/util/string.h>
#include <fmt/format.h>

#include "delta/schema/schema_fields_internal.h"

namespace pixlake::delta {
namespace {

using TypeEdit =
    std::function<Result<std::shared_ptr<arrow::DataType>>(const std::shared_ptr<arrow::DataType>&)>;

// The array or map with what is in it replaced; other types as they are.
Result<std::shared_ptr<arrow::DataType>> EditInside(const std::shared_ptr<arrow::DataType>& type,
                                                    const TypeEdit& first, const TypeEdit& second) {
  if (type->id() == arrow::Type::LIST) {
    PL_ASSIGN_OR_RETURN(auto element, first(type->field(0)->type()));
    return arrow::list(type->field(0)->WithType(std::move(element)));
  }
  if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    PL_ASSIGN_OR_RETURN(auto key, first(map.key_type()));
    PL_ASSIGN_OR_RETURN(auto value, second(map.item_type()));
    return arrow::map(std::move(key), map.item_field()->WithType(std::move(value)));
  }
  return type;
}

Result<std::shared_ptr<arrow::DataType>> EditEveryFieldOf(const std::shared_ptr<arrow::DataType>& type,
                                                          const FieldEdit& edit) {
  if (type->id() == arrow::Type::STRUCT) {
    PL_ASSIGN_OR_RETURN(auto fields, EditEveryField(type->fields(), edit));
    return arrow::struct_(std::move(fields));
  }
  const TypeEdit inside = [&](const std::shared_ptr<arrow::DataType>& one) {
    return EditEveryFieldOf(one, edit);
  };
  return EditInside(type, inside, inside);
}

Status LeadsNowhere(const std::string& name) {
  return Error(ErrorCode::kUsage, fmt::format("there is no struct under `{}`", name));
}

// Edits the struct that `path` leads to within the type.
Result<std::shared_ptr<arrow::DataType>> EditStructAt(const std::shared_ptr<arrow::DataType>& type,
                                                      std::span<const std::string> path,
                                                      const SiblingsEdit& edit) {
  if (type->id() == arrow::Type::STRUCT) {
    PL_ASSIGN_OR_RETURN(auto fields, EditSiblings(type->fields(), path, edit));
    return arrow::struct_(std::move(fields));
  }
  if (path.empty()) return Error(ErrorCode::kUsage, fmt::format("{} is no struct", type->ToString()));
  const std::string word = arrow::internal::AsciiToLower(path[0]);
  const bool list = type->id() == arrow::Type::LIST && word == "element";
  const bool map = type->id() == arrow::Type::MAP && (word == "key" || word == "value");
  if (!list && !map) return LeadsNowhere(path[0]);
  const TypeEdit deeper = [&](const std::shared_ptr<arrow::DataType>& one) {
    return EditStructAt(one, path.subspan(1), edit);
  };
  const TypeEdit keep = [](const std::shared_ptr<arrow::DataType>& one) {
    return Result<std::shared_ptr<arrow::DataType>>(one);
  };
  return word == "value" ? EditInside(type, keep, deeper) : EditInside(type, deeper, keep);
}

}  // namespace

Result<arrow::FieldVector> EditEveryField(const arrow::FieldVector& fields, const FieldEdit& edit) {
  arrow::FieldVector out;
  for (const auto& field : fields) {
    PL_ASSIGN_OR_RETURN(auto type, EditEveryFieldOf(field->type(), edit));
    PL_ASSIGN_OR_RETURN(auto edited, edit(field->WithType(std::move(type))));
    out.push_back(std::move(edited));
  }
  return out;
}

Result<arrow::FieldVector> EditSiblings(arrow::FieldVector fields, std::span<const std::string> parent,
                                        const SiblingsEdit& edit) {
  if (parent.empty()) return edit(std::move(fields));
  const int index = FindField(fields, parent[0]);
  if (index < 0) return LeadsNowhere(parent[0]);
  auto& field = fields[static_cast<size_t>(index)];
  PL_ASSIGN_OR_RETURN(auto type, EditStructAt(field->type(), parent.subspan(1), edit));
  field = field->WithType(std::move(type));
  return fields;
}

int FindField(const arrow::FieldVector& fields, const std::string& name) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (arrow::internal::AsciiEqualsCaseInsensitive(fields[i]->name(), name)) return static_cast<int>(i);
  }
  return -1;
}

std::string FieldText(const arrow::Field& field, const std::string& key) {
  return field.metadata() == nullptr ? "" : field.metadata()->Get(key).ValueOr("");
}

std::shared_ptr<arrow::Field> WithFieldText(const std::shared_ptr<arrow::Field>& field,
                                            const std::string& key, const std::string& value) {
  auto metadata =
      field->metadata() == nullptr ? std::make_shared<arrow::KeyValueMetadata>() : field->metadata()->Copy();
  const int index = metadata->FindKey(key);
  if (index >= 0) (void)metadata->Delete(index);
  if (!value.empty()) metadata->Append(key, value);
  return field->WithMetadata(std::move(metadata));
}

}  // namespace pixlake::delta
