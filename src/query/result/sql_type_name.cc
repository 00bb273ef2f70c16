#include <arrow/type.h>
#include <fmt/format.h>

#include "query/result/value_format_internal.h"

namespace pixlake::query {

using arrow::Type;

bool IsBlob(const arrow::DataType& type) {
  return type.id() == Type::BINARY || type.id() == Type::LARGE_BINARY || type.id() == Type::BINARY_VIEW ||
         type.id() == Type::FIXED_SIZE_BINARY;
}

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
}

std::string DuckDbTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return "boolean";
    case Type::INT8:
      return "tinyint";
    case Type::INT16:
      return "smallint";
    case Type::INT32:
      return "integer";
    case Type::INT64:
      return "bigint";
    case Type::FLOAT:
      return "float";
    case Type::DOUBLE:
      return "double";
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return "varchar";
    case Type::DATE32:
      return "date";
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "timestamp" : "timestamptz";
    case Type::LIST:
    case Type::LARGE_LIST:
      return DuckDbTypeName(*type.field(0)->type()) + "[]";
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "map(" + DuckDbTypeName(*map.key_type()) + ", " + DuckDbTypeName(*map.item_type()) + ")";
    }
    case Type::STRUCT: {
      std::string name = "struct(";
      for (int i = 0; i < type.num_fields(); ++i) {
        name += (i > 0 ? ", " : "") + type.field(i)->name() + " " + DuckDbTypeName(*type.field(i)->type());
      }
      return name + ")";
    }
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return fmt::format("decimal({},{})", decimal.precision(), decimal.scale());
    }
    default:
      return IsBlob(type) ? "blob" : type.ToString();
  }
}

}  // namespace pixlake::query
