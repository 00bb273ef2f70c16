#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/extension_type.h>
#include <fmt/format.h>

#include "table/column/column_cast_internal.h"
#include "table/column/legacy_calendar_internal.h"
#include "table/text_width.h"

namespace pixlake::table {
namespace {

using arrow::Array;
using arrow::ArrayData;
using arrow::DataType;
using arrow::Type;

bool IsText(const DataType& type) {
  return arrow::is_string(type.id()) || type.id() == Type::STRING_VIEW;
}

bool IsBytes(const DataType& type) {
  return arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id()) ||
         type.id() == Type::FIXED_SIZE_BINARY;
}

// How many decimal digits an integer type may need.
int DecimalDigits(const DataType& integer) {
  switch (integer.id()) {
    case Type::INT8:
    case Type::UINT8:
      return 3;
    case Type::INT16:
    case Type::UINT16:
      return 5;
    case Type::INT32:
    case Type::UINT32:
      return 10;
    default:
      return 20;
  }
}

bool FitsDecimal(const DataType& file, const arrow::DecimalType& table) {
  const int whole = table.precision() - table.scale();
  if (arrow::is_decimal(file.id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(file);
    return decimal.scale() <= table.scale() && decimal.precision() - decimal.scale() <= whole;
  }
  // A long may be a decimal(20, 0) or wider; values are checked, so smaller will do.
  return arrow::is_integer(file.id()) && (DecimalDigits(file) <= whole || whole >= 10);
}

bool FitsDouble(const DataType& file) {
  return file.id() == Type::FLOAT || (arrow::is_integer(file.id()) && arrow::bit_width(file.id()) <= 32);
}

bool FitsTimestamp(const DataType& file, const arrow::TimestampType& table) {
  return file.id() == Type::TIMESTAMP || (file.id() == Type::DATE32 && table.timezone().empty());
}

Status InitializeCompute() {
  static const Status status = arrow::compute::Initialize();
  return status;
}

Result<std::shared_ptr<Array>> Compute(const std::shared_ptr<Array>& array,
                                       const std::shared_ptr<DataType>& type) {
  PL_RETURN_NOT_OK(InitializeCompute());
  PL_ASSIGN_OR_RETURN(auto out,
                      arrow::compute::Cast(arrow::Datum(array), type, arrow::compute::CastOptions::Safe()));
  return out.make_array();
}

std::shared_ptr<Array> WithType(const Array& array, const std::shared_ptr<DataType>& type) {
  auto data = array.data()->Copy();
  data->type = type;
  return arrow::MakeArray(data);
}

// Units are converted; a zone is only a label: both sides count from the epoch in UTC.
Result<std::shared_ptr<Array>> CastTimestamp(std::shared_ptr<Array> array,
                                             const std::shared_ptr<DataType>& type) {
  const auto& from = static_cast<const arrow::TimestampType&>(*array->type());
  const auto& to = static_cast<const arrow::TimestampType&>(*type);
  if (from.unit() != to.unit()) {
    PL_ASSIGN_OR_RETURN(array, Compute(array, arrow::timestamp(to.unit(), from.timezone())));
  }
  return WithType(*array, type);
}

Status CheckUtf8(const Array& array) {
  switch (array.type_id()) {
    case Type::STRING:
      return static_cast<const arrow::StringArray&>(array).ValidateUTF8();
    case Type::LARGE_STRING:
      return static_cast<const arrow::LargeStringArray&>(array).ValidateUTF8();
    case Type::STRING_VIEW:
      return static_cast<const arrow::StringViewArray&>(array).ValidateUTF8();
    default:
      return Status::OK();
  }
}

Result<std::shared_ptr<Array>> CastLeaf(std::shared_ptr<Array> array, const std::shared_ptr<DataType>& type) {
  if (array->type_id() == Type::EXTENSION) {
    array = static_cast<const arrow::ExtensionArray&>(*array).storage();
  }
  if (array->type_id() == Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryType&>(*array->type());
    PL_ASSIGN_OR_RETURN(array, Compute(array, dictionary.value_type()));
  }
  PL_RETURN_NOT_OK(CheckUtf8(*array));
  if (array->type()->Equals(*type)) return array;
  if (array->type_id() == Type::NA) return arrow::MakeArrayOfNull(type, array->length());
  if (array->type_id() == Type::TIMESTAMP && type->id() == Type::TIMESTAMP) return CastTimestamp(array, type);
  return Compute(array, type);
}

// The children as the table has them; they are as long as the arrays under `data`,
// so that its offset keeps its meaning.
Result<std::shared_ptr<Array>> CastStruct(const ArrayData& data, const std::shared_ptr<DataType>& type,
                                          const std::vector<FieldMatch>& children) {
  std::vector<std::shared_ptr<ArrayData>> cast;
  for (const FieldMatch& child : children) {
    std::shared_ptr<Array> column;
    if (child.found == nullptr) {
      PL_ASSIGN_OR_RETURN(column, arrow::MakeArrayOfNull(child.field->type(), data.offset + data.length));
    } else {
      const auto position = static_cast<size_t>(child.read_position);
      if (child.read_position < 0 || position >= data.child_data.size()) {
        return Error(ErrorCode::kInternal, fmt::format("column {} was not read", child.path));
      }
      PL_ASSIGN_OR_RETURN(column, CastColumn(arrow::MakeArray(data.child_data[position]), child));
    }
    cast.push_back(column->data());
  }
  return arrow::MakeArray(ArrayData::Make(type, data.length, {data.buffers[0]}, std::move(cast),
                                          data.GetNullCount(), data.offset));
}

Result<std::shared_ptr<Array>> CastList(std::shared_ptr<Array> array, const FieldMatch& match) {
  if (array->type_id() != match.field->type()->id()) {
    const auto& element = array->type()->field(0);
    const auto plain =
        match.field->type()->id() == Type::LARGE_LIST ? arrow::large_list(element) : arrow::list(element);
    PL_ASSIGN_OR_RETURN(array, Compute(array, plain));
  }
  const ArrayData& data = *array->data();
  PL_ASSIGN_OR_RETURN(auto elements, CastColumn(arrow::MakeArray(data.child_data[0]), match.children[0]));
  return arrow::MakeArray(ArrayData::Make(match.field->type(), data.length, data.buffers, {elements->data()},
                                          data.GetNullCount(), data.offset));
}

Result<std::shared_ptr<Array>> CastMap(const Array& array, const FieldMatch& match) {
  const auto& type = static_cast<const arrow::MapType&>(*match.field->type());
  const ArrayData& data = *array.data();
  const ArrayData& entries = *data.child_data[0];
  std::vector<std::shared_ptr<ArrayData>> pair;
  for (size_t i = 0; i < 2; ++i) {
    PL_ASSIGN_OR_RETURN(auto cast, CastColumn(arrow::MakeArray(entries.child_data[i]), match.children[i]));
    pair.push_back(cast->data());
  }
  auto cast_entries =
      ArrayData::Make(type.value_type(), entries.length, {nullptr}, std::move(pair), 0, entries.offset);
  return arrow::MakeArray(ArrayData::Make(match.field->type(), data.length, data.buffers,
                                          {std::move(cast_entries)}, data.GetNullCount(), data.offset));
}

}  // namespace

bool CanCast(const DataType& file, const DataType& table) {
  if (file.Equals(table) || file.id() == Type::NA) return true;
  if (file.id() == Type::DICTIONARY) {
    return CanCast(*static_cast<const arrow::DictionaryType&>(file).value_type(), table);
  }
  if (file.id() == Type::EXTENSION) {
    return CanCast(*static_cast<const arrow::ExtensionType&>(file).storage_type(), table);
  }
  if (IsText(table) || IsBytes(table)) {
    return (IsText(file) || IsBytes(file)) && table.id() != Type::FIXED_SIZE_BINARY;
  }
  if (arrow::is_integer(table.id())) return arrow::is_integer(file.id());
  if (arrow::is_decimal(table.id())) return FitsDecimal(file, static_cast<const arrow::DecimalType&>(table));
  switch (table.id()) {
    case Type::DOUBLE:
      return FitsDouble(file);
    case Type::TIMESTAMP:
      return FitsTimestamp(file, static_cast<const arrow::TimestampType&>(table));
    default:
      return false;
  }
}

Result<std::shared_ptr<Array>> CastColumn(const std::shared_ptr<Array>& array, const FieldMatch& match) {
  const auto& type = match.field->type();
  switch (type->id()) {
    case Type::STRUCT: {
      if (array->type_id() != Type::STRUCT) break;
      return CastStruct(*array->data(), type, match.children);
    }
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return CastList(array, match);
    case Type::MAP:
      if (array->type_id() != Type::MAP) break;
      return CastMap(*array, match);
    default: {
      auto leaf = array;
      if (match.hybrid != nullptr) {
        PL_ASSIGN_OR_RETURN(leaf, Rebased(array, *match.hybrid));
      }
      auto cast = CastLeaf(leaf, type);
      if (!cast.ok()) return WithContext(cast.status(), "column " + match.path);
      return match.char_length > 0 ? Padded(*cast, match.char_length) : cast;
    }
  }
  return Error(ErrorCode::kSchemaMismatch, fmt::format("column {} was read as {}, wanted {}", match.path,
                                                       array->type()->ToString(), type->ToString()));
}

}  // namespace pixlake::table
