#include <algorithm>

#include <fmt/format.h>

#include "delta/checkpoint/checkpoint_columns_internal.h"

namespace pixlake::delta {

namespace {

std::optional<std::string_view> TextAt(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return static_cast<const arrow::BinaryArray&>(array).GetView(row);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return static_cast<const arrow::LargeBinaryArray&>(array).GetView(row);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return static_cast<const arrow::BinaryViewArray&>(array).GetView(row);
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> IntAt(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(row);
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Array&>(array).Value(row);
    case arrow::Type::INT16:
      return static_cast<const arrow::Int16Array&>(array).Value(row);
    case arrow::Type::INT8:
      return static_cast<const arrow::Int8Array&>(array).Value(row);
    default:
      return std::nullopt;
  }
}

}  // namespace

StructColumn::StructColumn(std::shared_ptr<arrow::Array> array, std::string name)
    : array_(std::move(array)), name_(std::move(name)) {
  if (array_ == nullptr || array_->type_id() != arrow::Type::STRUCT) {
    array_ = nullptr;
    return;
  }
  const auto& record = static_cast<const arrow::StructArray&>(*array_);
  for (int i = 0; i < record.num_fields(); ++i) {
    fields_.emplace_back(record.struct_type()->field(i)->name(), record.field(i));
  }
}

StructColumn StructColumn::Of(const arrow::RecordBatch& batch, const std::string& name) {
  return StructColumn(batch.GetColumnByName(name), name);
}

StructColumn StructColumn::Child(std::string_view name) const {
  return StructColumn(Field(name), std::string(name));
}

bool StructColumn::Has(int64_t row) const {
  return array_ != nullptr && array_->IsValid(row);
}

const std::shared_ptr<arrow::Array>& StructColumn::Field(std::string_view name) const {
  static const std::shared_ptr<arrow::Array> kNone;
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == name; });
  return found == fields_.end() ? kNone : found->second;
}

Status StructColumn::Wrong(std::string_view name, std::string_view expected) const {
  const std::shared_ptr<arrow::Array>& field = Field(name);
  return Error(ErrorCode::kCorrupt,
               fmt::format("field `{}.{}` is {}, expected {}", name_, name,
                           field == nullptr ? "absent" : "of type " + field->type()->ToString(), expected));
}

Result<std::optional<std::string>> StructColumn::MaybeText(std::string_view name, int64_t row) const {
  const std::shared_ptr<arrow::Array>& field = Field(name);
  if (field == nullptr || field->IsNull(row)) {
    return std::nullopt;
  }
  const std::optional<std::string_view> text = TextAt(*field, row);
  if (!text) {
    return Wrong(name, "text");
  }
  return std::string(*text);
}

Result<std::optional<int64_t>> StructColumn::MaybeInt(std::string_view name, int64_t row) const {
  const std::shared_ptr<arrow::Array>& field = Field(name);
  if (field == nullptr || field->IsNull(row)) {
    return std::nullopt;
  }
  const std::optional<int64_t> value = IntAt(*field, row);
  if (!value) {
    return Wrong(name, "an integer");
  }
  return value;
}

Result<std::optional<bool>> StructColumn::MaybeBool(std::string_view name, int64_t row) const {
  const std::shared_ptr<arrow::Array>& field = Field(name);
  if (field == nullptr || field->IsNull(row)) {
    return std::nullopt;
  }
  if (field->type_id() != arrow::Type::BOOL) {
    return Wrong(name, "a boolean");
  }
  return static_cast<const arrow::BooleanArray&>(*field).Value(row);
}

Result<std::string> StructColumn::Text(std::string_view name, int64_t row) const {
  PL_ASSIGN_OR_RETURN(std::optional<std::string> value, MaybeText(name, row));
  if (!value) {
    return Wrong(name, "text that is not null");
  }
  return *std::move(value);
}

Result<int64_t> StructColumn::Int(std::string_view name, int64_t row) const {
  PL_ASSIGN_OR_RETURN(const std::optional<int64_t> value, MaybeInt(name, row));
  if (!value) {
    return Wrong(name, "an integer that is not null");
  }
  return *value;
}

Result<std::map<std::string, std::optional<std::string>>> StructColumn::NullableTextMap(std::string_view name,
                                                                                        int64_t row) const {
  std::map<std::string, std::optional<std::string>> out;
  const std::shared_ptr<arrow::Array>& field = Field(name);
  if (field == nullptr || field->IsNull(row)) {
    return out;
  }
  if (field->type_id() != arrow::Type::MAP) {
    return Wrong(name, "a map");
  }
  const auto& map = static_cast<const arrow::MapArray&>(*field);
  for (int64_t i = map.value_offset(row); i < map.value_offset(row) + map.value_length(row); ++i) {
    const std::optional<std::string_view> key = TextAt(*map.keys(), i);
    if (!key) {
      return Wrong(name, "a map of text to text");
    }
    if (map.items()->IsNull(i)) {
      out[std::string(*key)] = std::nullopt;
      continue;
    }
    const std::optional<std::string_view> value = TextAt(*map.items(), i);
    if (!value) {
      return Wrong(name, "a map of text to text");
    }
    out[std::string(*key)] = std::string(*value);
  }
  return out;
}

Result<std::map<std::string, std::string>> StructColumn::TextMap(std::string_view name, int64_t row) const {
  PL_ASSIGN_OR_RETURN(auto nullable, NullableTextMap(name, row));
  std::map<std::string, std::string> out;
  for (auto& [key, value] : nullable) {
    out[key] = std::move(value).value_or("");
  }
  return out;
}

Result<std::vector<std::string>> StructColumn::TextList(std::string_view name, int64_t row) const {
  std::vector<std::string> out;
  const std::shared_ptr<arrow::Array>& field = Field(name);
  if (field == nullptr || field->IsNull(row)) {
    return out;
  }
  if (field->type_id() != arrow::Type::LIST) {
    return Wrong(name, "a list of text");
  }
  const auto& list = static_cast<const arrow::ListArray&>(*field);
  for (int64_t i = list.value_offset(row); i < list.value_offset(row) + list.value_length(row); ++i) {
    const std::optional<std::string_view> value =
        list.values()->IsNull(i) ? std::nullopt : TextAt(*list.values(), i);
    if (!value) {
      return Wrong(name, "a list of text");
    }
    out.emplace_back(*value);
  }
  return out;
}

}  // namespace pixlake::delta
