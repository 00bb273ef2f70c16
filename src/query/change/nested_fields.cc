#include <algorithm>
#include <optional>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/change/change_query_internal.h"
#include "query/change/nested_fields_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"

namespace pixlake::query {
namespace {

using arrow::DataType;
using arrow::Type;

bool IsList(const DataType& type) {
  return type.id() == Type::LIST || type.id() == Type::LARGE_LIST || type.id() == Type::FIXED_SIZE_LIST;
}

int Find(const DataType& type, const std::string& name) {
  for (int i = 0; i < type.num_fields(); ++i) {
    if (LowerCase(type.field(i)->name()) == LowerCase(name)) return i;
  }
  return -1;
}

// row(1, 2): a struct by position.
bool IsUnnamed(const DataType& type) {
  return std::all_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return field->name().empty(); });
}

std::string Names(const DataType& type) {
  std::vector<std::string> names;
  for (const auto& field : type.fields()) names.push_back(field->name());
  return fmt::format("{}", fmt::join(names, ", "));
}

Status CheckStruct(const DataType& given, const DataType& wanted, const std::string& path) {
  if (IsUnnamed(given)) {
    if (given.num_fields() != wanted.num_fields()) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("column {} is given {} fields and has {} ({})", path, given.num_fields(),
                               wanted.num_fields(), Names(wanted)));
    }
    for (int i = 0; i < wanted.num_fields(); ++i) {
      PL_RETURN_NOT_OK(CheckFields(*given.field(i)->type(), *wanted.field(i)->type(),
                                   path + "." + wanted.field(i)->name()));
    }
    return Status::OK();
  }
  for (const auto& field : given.fields()) {
    const int found = Find(wanted, field->name());
    if (found < 0) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("column {} has no field {}; it has {}. Leave the field out, add it with ALTER "
                               "TABLE … ADD COLUMN, or say MERGE WITH SCHEMA EVOLUTION",
                               path, field->name(), Names(wanted)));
    }
    const auto& inner = wanted.field(found);
    PL_RETURN_NOT_OK(CheckFields(*field->type(), *inner->type(), path + "." + inner->name()));
  }
  for (const auto& field : wanted.fields()) {
    if (Find(given, field->name()) >= 0) continue;
    return Error(ErrorCode::kSchemaMismatch,
                 fmt::format("field {} of column {} is not given; say NULL if that is meant (given are {})",
                             field->name(), path, Names(given)));
  }
  return Status::OK();
}

}  // namespace

Status CheckFields(const DataType& given, const DataType& wanted, const std::string& path) {
  if (wanted.id() == Type::STRUCT && given.id() == Type::STRUCT) return CheckStruct(given, wanted, path);
  if (IsList(wanted) && IsList(given)) {
    return CheckFields(*given.field(0)->type(), *wanted.field(0)->type(), path + ".element");
  }
  if (wanted.id() == Type::MAP && given.id() == Type::MAP) {
    const auto& from = static_cast<const arrow::MapType&>(given);
    const auto& to = static_cast<const arrow::MapType&>(wanted);
    PL_RETURN_NOT_OK(CheckFields(*from.key_type(), *to.key_type(), path + ".key"));
    return CheckFields(*from.item_type(), *to.item_type(), path + ".value");
  }
  return Status::OK();
}

std::string WithFieldsKept(const std::string& given, const DataType& given_type, const std::string& kept,
                           const DataType& kept_type) {
  if (given_type.id() != Type::STRUCT || kept_type.id() != Type::STRUCT || IsUnnamed(given_type))
    return given;
  const auto field_of = [](const std::string& value, const std::string& name) {
    return fmt::format("struct_extract({}, {})", value, SqlLiteral(name));
  };
  std::vector<std::string> fields;
  bool differs = false;
  for (const auto& field : kept_type.fields()) {
    const int found = Find(given_type, field->name());
    std::string value = field_of(kept, field->name());
    differs = differs || found < 0;
    if (found >= 0) {
      const auto& inner = given_type.field(found);
      const std::string own = field_of(given, inner->name());
      value = WithFieldsKept(own, *inner->type(), value, *field->type());
      differs = differs || value != own;
    }
    fields.push_back(fmt::format("{} := {}", SqlName(field->name()), value));
  }
  if (!differs) return given;
  for (const auto& field : given_type.fields()) {
    if (Find(kept_type, field->name()) >= 0) continue;
    fields.push_back(fmt::format("{} := {}", SqlName(field->name()), field_of(given, field->name())));
  }
  return fmt::format("CASE WHEN {} IS NULL AND {} IS NULL THEN NULL ELSE struct_pack({}) END", given, kept,
                     fmt::join(fields, ", "));
}

std::shared_ptr<DataType> WithFieldsOf(const std::shared_ptr<DataType>& wanted, const DataType& given) {
  if (wanted->id() == Type::STRUCT && given.id() == Type::STRUCT && !IsUnnamed(given)) {
    arrow::FieldVector fields = wanted->fields();
    for (const auto& field : given.fields()) {
      const int found = Find(*wanted, field->name());
      if (found < 0) {
        fields.push_back(arrow::field(field->name(), field->type()));
        continue;
      }
      auto& own = fields[static_cast<size_t>(found)];
      own = own->WithType(WithFieldsOf(own->type(), *field->type()));
    }
    return arrow::struct_(fields);
  }
  if (wanted->id() == Type::LIST && IsList(given)) {
    const auto& element = wanted->field(0);
    return arrow::list(element->WithType(WithFieldsOf(element->type(), *given.field(0)->type())));
  }
  if (wanted->id() == Type::MAP && given.id() == Type::MAP) {
    const auto& from = static_cast<const arrow::MapType&>(given);
    const auto& to = static_cast<const arrow::MapType&>(*wanted);
    return arrow::map(WithFieldsOf(to.key_type(), *from.key_type()),
                      to.item_field()->WithType(WithFieldsOf(to.item_type(), *from.item_type())));
  }
  return wanted;
}

Result<std::string> StructWithFields(const std::string& old, const arrow::DataType& type,
                                     const std::vector<FieldValue>& values, const std::string& name) {
  if (type.id() != arrow::Type::STRUCT) {
    return Error(ErrorCode::kUsage,
                 fmt::format("{} is no struct: it has no field {}", name, fmt::join(values[0].path, ".")));
  }
  std::vector<std::vector<FieldValue>> inner(static_cast<size_t>(type.num_fields()));
  std::vector<std::optional<std::string>> whole(inner.size());
  for (const FieldValue& value : values) {
    size_t i = 0;
    while (i < inner.size() &&
           LowerCase(type.field(static_cast<int>(i))->name()) != LowerCase(value.path.front()))
      ++i;
    const std::string field = name + "." + value.path.front();
    if (i == inner.size()) return Error(ErrorCode::kUsage, fmt::format("there is no field {}", field));
    const bool twice = whole[i] || (value.path.size() == 1 && !inner[i].empty());
    if (twice) return Error(ErrorCode::kUsage, fmt::format("field {} is assigned twice", field));
    if (value.path.size() == 1) {
      whole[i] = value.expression;
    } else {
      inner[i].push_back({{value.path.begin() + 1, value.path.end()}, value.expression});
    }
  }
  std::string out;
  for (size_t i = 0; i < inner.size(); ++i) {
    const arrow::Field& field = *type.field(static_cast<int>(i));
    std::string value = fmt::format("struct_extract({}, {})", old, SqlLiteral(field.name()));
    if (whole[i]) {
      value = "(" + *whole[i] + ")";
    } else if (!inner[i].empty()) {
      PL_ASSIGN_OR_RETURN(value, StructWithFields(value, *field.type(), inner[i], name + "." + field.name()));
    }
    out += fmt::format("{}{} := {}", i > 0 ? ", " : "", SqlName(field.name()), value);
  }
  return "struct_pack(" + out + ")";
}

}  // namespace pixlake::query
