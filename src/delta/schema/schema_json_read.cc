#include <charconv>

#include <fmt/format.h>

#include "delta/action/json_fields_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "table/schema_change.h"

namespace pixlake::delta {

namespace {

namespace dom = simdjson::dom;

constexpr int kMaxDepth = 64;

Result<std::shared_ptr<arrow::DataType>> ReadType(const dom::element& element, int depth);

std::shared_ptr<const arrow::KeyValueMetadata> ReadFieldMetadata(const JsonFields& fields) {
  auto values = fields.NullableStringMap("metadata").ValueOr({});
  if (values.empty()) {
    return nullptr;
  }
  auto out = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : values) {
    out->Append(key == kGenerationExpression ? table::kGeneratedKey : key, value.value_or("null"));
  }
  return out;
}

Result<dom::element> Required(const JsonFields& fields, std::string_view key) {
  const std::optional<dom::element> value = fields.Find(key);
  if (!value) {
    return Error(ErrorCode::kCorrupt, fmt::format("a type in the schema has no `{}`", key));
  }
  return *value;
}

// PROTOCOL.md, "Struct Type" and "Struct Field".
Result<arrow::FieldVector> ReadFields(const JsonFields& type, int depth) {
  PL_ASSIGN_OR_RETURN(const dom::element list, Required(type, "fields"));
  dom::array array;
  if (list.get_array().get(array) != simdjson::SUCCESS) {
    return Error(ErrorCode::kCorrupt, "the `fields` of a struct in the schema are not an array");
  }
  arrow::FieldVector out;
  for (dom::element item : array) {
    dom::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) {
      return Error(ErrorCode::kCorrupt, "a field in the schema is not an object");
    }
    const JsonFields fields(object, "field");
    PL_ASSIGN_OR_RETURN(std::string name, fields.String("name"));
    PL_ASSIGN_OR_RETURN(const dom::element type_element, Required(fields, "type"));
    Result<std::shared_ptr<arrow::DataType>> field_type = ReadType(type_element, depth + 1);
    if (!field_type.ok()) {
      return WithContext(field_type.status(), fmt::format("column `{}`", name));
    }
    PL_ASSIGN_OR_RETURN(const std::optional<bool> nullable, fields.MaybeBool("nullable"));
    out.push_back(arrow::field(std::move(name), *std::move(field_type), nullable.value_or(true),
                               ReadFieldMetadata(fields)));
  }
  return out;
}

// PROTOCOL.md, "Array Type".
Result<std::shared_ptr<arrow::DataType>> ReadArray(const JsonFields& type, int depth) {
  PL_ASSIGN_OR_RETURN(const dom::element element, Required(type, "elementType"));
  PL_ASSIGN_OR_RETURN(auto element_type, ReadType(element, depth + 1));
  PL_ASSIGN_OR_RETURN(const std::optional<bool> nullable, type.MaybeBool("containsNull"));
  return arrow::list(arrow::field("element", std::move(element_type), nullable.value_or(true)));
}

// PROTOCOL.md, "Map Type".
Result<std::shared_ptr<arrow::DataType>> ReadMap(const JsonFields& type, int depth) {
  PL_ASSIGN_OR_RETURN(const dom::element key, Required(type, "keyType"));
  PL_ASSIGN_OR_RETURN(const dom::element value, Required(type, "valueType"));
  PL_ASSIGN_OR_RETURN(auto key_type, ReadType(key, depth + 1));
  PL_ASSIGN_OR_RETURN(auto value_type, ReadType(value, depth + 1));
  PL_ASSIGN_OR_RETURN(const std::optional<bool> nullable, type.MaybeBool("valueContainsNull"));
  return arrow::map(std::move(key_type),
                    arrow::field("value", std::move(value_type), nullable.value_or(true)));
}

Result<std::shared_ptr<arrow::DataType>> ReadType(const dom::element& element, int depth) {
  if (depth > kMaxDepth) {
    return Error(ErrorCode::kCorrupt, fmt::format("the schema nests deeper than {} levels", kMaxDepth));
  }
  std::string_view name;
  if (element.get_string().get(name) == simdjson::SUCCESS) {
    return PrimitiveFromName(name);
  }
  dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS) {
    return Error(ErrorCode::kCorrupt, "a type in the schema is neither text nor an object");
  }
  const JsonFields type(object, "type");
  PL_ASSIGN_OR_RETURN(const std::string kind, type.String("type"));
  if (kind == "struct") {
    PL_ASSIGN_OR_RETURN(const auto fields, ReadFields(type, depth));
    return arrow::struct_(fields);
  }
  if (kind == "array") {
    return ReadArray(type, depth);
  }
  if (kind == "map") {
    return ReadMap(type, depth);
  }
  return Error(ErrorCode::kUnsupported, fmt::format("the schema uses type `{}`{}, which is not supported",
                                                    kind, kind == "variant" ? " (feature variantType)" : ""));
}

// "decimal(10,2)", spaces allowed; "decimal" alone is decimal(10,0).
Result<std::shared_ptr<arrow::DataType>> ReadDecimal(std::string_view name) {
  int precision = 10;
  int scale = 0;
  if (name != "decimal") {
    std::string digits(name.substr(7));
    std::erase(digits, ' ');
    const char* end = digits.data() + digits.size();
    auto first = digits.size() > 2 && digits[0] == '('
                     ? std::from_chars(digits.data() + 1, end, precision)
                     : std::from_chars_result{end, std::errc::invalid_argument};
    auto second = first.ec == std::errc() && first.ptr != end && *first.ptr == ','
                      ? std::from_chars(first.ptr + 1, end, scale)
                      : std::from_chars_result{end, std::errc::invalid_argument};
    if (second.ec != std::errc() || second.ptr + 1 != end || *second.ptr != ')') {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the schema has a decimal type `{}` that cannot be read", name));
    }
  }
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format("the schema has `{}`; precision must be 1 to 38 and scale 0 to the precision", name));
  }
  return arrow::decimal128(precision, scale);
}

}  // namespace

// PROTOCOL.md, "Primitive Types".
Result<std::shared_ptr<arrow::DataType>> PrimitiveFromName(std::string_view name) {
  static const std::map<std::string_view, std::shared_ptr<arrow::DataType>> kTypes = {
      {"string", arrow::utf8()},
      {"long", arrow::int64()},
      {"integer", arrow::int32()},
      {"short", arrow::int16()},
      {"byte", arrow::int8()},
      {"float", arrow::float32()},
      {"double", arrow::float64()},
      {"boolean", arrow::boolean()},
      {"binary", arrow::binary()},
      {"date", arrow::date32()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"timestamp_ntz", arrow::timestamp(arrow::TimeUnit::MICRO)},
      {"void", arrow::null()},
  };
  const auto found = kTypes.find(name);
  if (found != kTypes.end()) {
    return found->second;
  }
  if (name.starts_with("decimal")) {
    return ReadDecimal(name);
  }
  return Error(ErrorCode::kUnsupported, fmt::format("the schema uses type `{}`{}, which is not supported",
                                                    name, name == "variant" ? " (feature variantType)" : ""));
}

Result<std::shared_ptr<arrow::Schema>> SchemaFromJson(std::string_view text) {
  dom::parser parser;
  dom::object object;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get_object().get(object);
  if (error != simdjson::SUCCESS) {
    return Error(ErrorCode::kCorrupt, fmt::format("the table's schemaString is no JSON object ({})",
                                                  simdjson::error_message(error)));
  }
  const JsonFields type(object, "schemaString");
  PL_ASSIGN_OR_RETURN(const std::string kind, type.String("type"));
  if (kind != "struct") {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("the table's schema is of type `{}`, expected struct", kind));
  }
  PL_ASSIGN_OR_RETURN(auto fields, ReadFields(type, 0));
  return arrow::schema(std::move(fields));
}

}  // namespace pixlake::delta
