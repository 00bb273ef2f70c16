#include "query/statement/schema/column_definition.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <arrow/util/string.h>
#include <fmt/format.h>

#include "table/schema_change.h"
#include "table/text_width.h"

namespace pixlake::query {
namespace {

constexpr int kMaxDepth = 64;

Result<std::shared_ptr<arrow::DataType>> TakeTypeAt(SqlCursor* cursor, int depth);

std::string LowerWord(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Spark's names, and those that DuckDB has for the same.
std::shared_ptr<arrow::DataType> PlainType(const std::string& name) {
  static const std::map<std::string, std::shared_ptr<arrow::DataType>> types = {
      {"boolean", arrow::boolean()},
      {"tinyint", arrow::int8()},
      {"byte", arrow::int8()},
      {"smallint", arrow::int16()},
      {"short", arrow::int16()},
      {"int", arrow::int32()},
      {"integer", arrow::int32()},
      {"bigint", arrow::int64()},
      {"long", arrow::int64()},
      {"float", arrow::float32()},
      {"real", arrow::float32()},
      {"double", arrow::float64()},
      {"string", arrow::utf8()},
      {"text", arrow::utf8()},
      {"void", arrow::null()},
      {"binary", arrow::binary()},
      {"blob", arrow::binary()},
      {"date", arrow::date32()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"timestamp_ltz", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"timestamp_ntz", arrow::timestamp(arrow::TimeUnit::MICRO)},
  };
  const auto found = types.find(name);
  return found == types.end() ? nullptr : found->second;
}

// DECIMAL, DECIMAL(p), DECIMAL(p, s)
Result<std::shared_ptr<arrow::DataType>> TakeDecimal(SqlCursor* cursor) {
  int64_t precision = 10;
  int64_t scale = 0;
  if (cursor->TakeSymbol('(')) {
    PL_ASSIGN_OR_RETURN(precision, cursor->TakeInteger("a number of digits"));
    if (cursor->TakeSymbol(',')) {
      PL_ASSIGN_OR_RETURN(scale, cursor->TakeInteger("a number of digits behind the point"));
    }
    PL_RETURN_NOT_OK(cursor->ExpectSymbol(')'));
  }
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    return Error(ErrorCode::kUsage, fmt::format("DECIMAL({},{}): there are 1 to 38 digits, of which 0 to all "
                                                "stand behind the point",
                                                precision, scale));
  }
  return arrow::decimal128(static_cast<int32_t>(precision), static_cast<int32_t>(scale));
}

Result<std::shared_ptr<arrow::DataType>> TakeStruct(SqlCursor* cursor, int depth) {
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('<'));
  arrow::FieldVector fields;
  do {
    PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a field"));
    (void)cursor->TakeSymbol(':');
    PL_ASSIGN_OR_RETURN(auto type, TakeTypeAt(cursor, depth + 1));
    const bool nullable = !cursor->TakeWords("NOT NULL");
    std::shared_ptr<const arrow::KeyValueMetadata> metadata;
    if (cursor->TakeWords("COMMENT")) {
      PL_ASSIGN_OR_RETURN(std::string comment, cursor->TakeText("a comment in quotes"));
      metadata = arrow::key_value_metadata({table::kCommentKey}, {std::move(comment)});
    }
    fields.push_back(arrow::field(std::move(name), std::move(type), nullable, std::move(metadata)));
  } while (cursor->TakeSymbol(','));
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('>'));
  return arrow::struct_(std::move(fields));
}

// VARCHAR(n), CHAR(n); VARCHAR alone is any text, as in DuckDB.
Result<std::shared_ptr<arrow::DataType>> TakeWidth(SqlCursor* cursor, bool is_char, int depth) {
  if (!cursor->TakeSymbol('(')) {
    if (is_char) return cursor->Unexpected("a number of characters: CHAR(n)");
    return arrow::utf8();
  }
  if (depth > 0) {
    return cursor->Refuse(
        "how wide a text is can be said of new columns alone, not within other types; say STRING",
        ErrorCode::kUnsupported);
  }
  const size_t at = cursor->position();
  PL_ASSIGN_OR_RETURN(const int64_t length, cursor->TakeInteger("a number of characters"));
  if (length < 1 || length > INT32_MAX) {
    cursor->Return(at);
    return cursor->Refuse("a text is at least one character wide");
  }
  PL_RETURN_NOT_OK(cursor->ExpectSymbol(')'));
  return arrow::utf8();
}

Result<std::shared_ptr<arrow::DataType>> TakeTypeAt(SqlCursor* cursor, int depth) {
  if (depth > kMaxDepth) return Error(ErrorCode::kUsage, "the type nests deeper than 64 levels");
  PL_ASSIGN_OR_RETURN(const std::string given, cursor->TakeName("a type"));
  const std::string name = LowerWord(given);
  if (auto type = PlainType(name)) return type;
  if (name == "decimal" || name == "dec" || name == "numeric") return TakeDecimal(cursor);
  if (name == "varchar" || name == "char" || name == "character")
    return TakeWidth(cursor, name != "varchar", depth);
  if (name == "struct") return TakeStruct(cursor, depth);
  if (name == "array") {
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('<'));
    PL_ASSIGN_OR_RETURN(auto element, TakeTypeAt(cursor, depth + 1));
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('>'));
    return arrow::list(arrow::field("element", std::move(element)));
  }
  if (name == "map") {
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('<'));
    PL_ASSIGN_OR_RETURN(auto key, TakeTypeAt(cursor, depth + 1));
    PL_RETURN_NOT_OK(cursor->ExpectSymbol(','));
    PL_ASSIGN_OR_RETURN(auto value, TakeTypeAt(cursor, depth + 1));
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('>'));
    return arrow::map(std::move(key), arrow::field("value", std::move(value)));
  }
  return Error(
      ErrorCode::kUsage,
      fmt::format("tables have no type {}; they have BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, "
                  "DOUBLE, DECIMAL(p,s), STRING, CHAR(n), VARCHAR(n), BINARY, DATE, TIMESTAMP, "
                  "TIMESTAMP_NTZ, ARRAY<…>, "
                  "MAP<…>, STRUCT<…>",
                  given));
}

// 'a.b' or a.b
Result<std::string> TakeKey(SqlCursor* cursor) {
  const SqlToken* token = cursor->Peek();
  if (token != nullptr && token->kind == TokenKind::kText) return cursor->TakeText("a property");
  PL_ASSIGN_OR_RETURN(std::string key, cursor->TakeName("a property"));
  while (cursor->TakeSymbol('.')) {
    PL_ASSIGN_OR_RETURN(const std::string part, cursor->TakeName("a part of a property's name"));
    key += "." + part;
  }
  return key;
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> TakeType(SqlCursor* cursor) {
  return TakeTypeAt(cursor, 1);
}

Result<std::shared_ptr<arrow::Field>> TakeColumn(SqlCursor* cursor) {
  PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a column"));
  const SqlToken* word = cursor->Peek();
  const bool is_char = word != nullptr && (word->IsWord("CHAR") || word->IsWord("CHARACTER"));
  const SqlToken* width = cursor->Peek(2);
  PL_ASSIGN_OR_RETURN(auto type, TakeTypeAt(cursor, 0));
  bool nullable = true;
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  const bool bounded = (is_char || (word != nullptr && word->IsWord("VARCHAR"))) && width != nullptr &&
                       width->kind == TokenKind::kNumber;
  if (bounded)
    metadata->Append(table::kTextTypeKey, fmt::format("{}({})", is_char ? "char" : "varchar", width->text));
  while (true) {
    if (cursor->TakeWords("NOT NULL")) {
      nullable = false;
    } else if (cursor->TakeWords("COMMENT")) {
      PL_ASSIGN_OR_RETURN(std::string comment, cursor->TakeText("a comment in quotes"));
      metadata->Append(table::kCommentKey, std::move(comment));
    } else if (cursor->TakeWords("GENERATED ALWAYS AS")) {
      if (cursor->TakeWords("IDENTITY")) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("column {}: identity columns (feature identityColumns) are not made", name));
      }
      PL_ASSIGN_OR_RETURN(std::string expression, cursor->TakeBracketed("an expression in brackets"));
      metadata->Append(table::kGeneratedKey, std::move(expression));
    } else if (cursor->TakeWords("DEFAULT")) {
      std::string expression = cursor->TakeUntil({",", "COMMENT", "NOT", "GENERATED", "FIRST", "AFTER"});
      if (expression.empty()) return cursor->Unexpected("an expression");
      metadata->Append(table::kDefaultKey, std::move(expression));
    } else {
      break;
    }
  }
  return arrow::field(std::move(name), std::move(type), nullable, metadata->size() > 0 ? metadata : nullptr);
}

Result<std::shared_ptr<arrow::DataType>> TableType(const std::shared_ptr<arrow::DataType>& type) {
  using arrow::Type;
  switch (type->id()) {
    case Type::UINT8:
      return arrow::int16();
    case Type::UINT16:
      return arrow::int32();
    case Type::UINT32:
      return arrow::int64();
    case Type::UINT64:
      return arrow::decimal128(20, 0);
    case Type::STRING_VIEW:
    case Type::LARGE_STRING:
      return arrow::utf8();
    case Type::BINARY_VIEW:
    case Type::LARGE_BINARY:
    case Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case Type::TIMESTAMP:
      return arrow::timestamp(
          arrow::TimeUnit::MICRO,
          static_cast<const arrow::TimestampType&>(*type).timezone().empty() ? "" : "UTC");
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST: {
      PL_ASSIGN_OR_RETURN(auto element, TableType(type->field(0)->type()));
      return arrow::list(arrow::field("element", std::move(element)));
    }
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      PL_ASSIGN_OR_RETURN(auto key, TableType(map.key_type()));
      PL_ASSIGN_OR_RETURN(auto value, TableType(map.item_type()));
      return arrow::map(std::move(key), arrow::field("value", std::move(value)));
    }
    case Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) {
        PL_ASSIGN_OR_RETURN(auto inner, TableType(field->type()));
        fields.push_back(arrow::field(field->name(), std::move(inner)));
      }
      return arrow::struct_(std::move(fields));
    }
    case Type::NA:
    case Type::TIME32:
    case Type::TIME64:
    case Type::INTERVAL_MONTH_DAY_NANO:
    case Type::SPARSE_UNION:
    case Type::DENSE_UNION:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("tables have no type for {}; cast the column", type->ToString()));
    default:
      return type;
  }
}

std::string ColumnNamed(const arrow::Schema& schema, const std::string& name) {
  for (const auto& field : schema.fields()) {
    if (arrow::internal::AsciiEqualsCaseInsensitive(field->name(), name)) return field->name();
  }
  return name;
}

Result<std::vector<std::string>> TakePath(SqlCursor* cursor) {
  std::vector<std::string> path;
  do {
    PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a column"));
    path.push_back(std::move(name));
  } while (cursor->TakeSymbol('.'));
  return path;
}

Result<std::map<std::string, std::string>> TakeProperties(SqlCursor* cursor) {
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('('));
  std::map<std::string, std::string> out;
  do {
    PL_ASSIGN_OR_RETURN(std::string key, TakeKey(cursor));
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('='));
    const SqlToken* token = cursor->Peek();
    if (token == nullptr || token->kind == TokenKind::kSymbol) return cursor->Unexpected("a value");
    std::string value = token->text;
    (void)cursor->Take();
    out[std::move(key)] = std::move(value);
  } while (cursor->TakeSymbol(','));
  PL_RETURN_NOT_OK(cursor->ExpectSymbol(')'));
  return out;
}

Result<std::vector<std::string>> TakePropertyKeys(SqlCursor* cursor) {
  PL_RETURN_NOT_OK(cursor->ExpectSymbol('('));
  std::vector<std::string> out;
  do {
    PL_ASSIGN_OR_RETURN(std::string key, TakeKey(cursor));
    out.push_back(std::move(key));
  } while (cursor->TakeSymbol(','));
  PL_RETURN_NOT_OK(cursor->ExpectSymbol(')'));
  return out;
}

}  // namespace pixlake::query
