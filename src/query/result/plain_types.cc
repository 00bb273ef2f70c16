#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/result/plain_types_internal.h"

namespace pixlake::query {
namespace {

constexpr int kMaxDepth = 64;

// A type's name in SQL; `changed` is set where it is another type than it was. Empty: it has
// no name that we know.
std::string NameOf(duckdb_logical_type type, int depth, bool* changed);

const char* NameOfLeaf(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_VARCHAR:
      return "VARCHAR";
    case DUCKDB_TYPE_BLOB:
      return "BLOB";
    case DUCKDB_TYPE_DATE:
      return "DATE";
    case DUCKDB_TYPE_TIME:
      return "TIME";
    case DUCKDB_TYPE_TIME_NS:
      return "TIME_NS";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S:
      return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL:
      return "INTERVAL";
    case DUCKDB_TYPE_UUID:
      return "UUID";
    case DUCKDB_TYPE_SQLNULL:
      return "\"NULL\"";
    case DUCKDB_TYPE_GEOMETRY:
      return "GEOMETRY";
    default:
      return "";
  }
}

std::string NameOfStruct(duckdb_logical_type type, int depth, bool* changed) {
  std::string out = "STRUCT(";
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    const LogicalType child(duckdb_struct_type_child_type(type, i));
    char* name = duckdb_struct_type_child_name(type, i);
    const std::string quoted = SqlName(name == nullptr ? "" : name);
    duckdb_free(name);
    const std::string inner = NameOf(child.get(), depth + 1, changed);
    if (inner.empty() || quoted == "\"\"") return "";
    if (i > 0) out += ", ";
    out.append(quoted).append(" ").append(inner);
  }
  return out + ")";
}

std::string NameOf(duckdb_logical_type type, int depth, bool* changed) {
  if (depth > kMaxDepth) return "";
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_BIGNUM:
    case DUCKDB_TYPE_BIT:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_VARIANT:
      *changed = true;
      return "VARCHAR";
    case DUCKDB_TYPE_DECIMAL:
      return fmt::format("DECIMAL({},{})", static_cast<int>(duckdb_decimal_width(type)),
                         static_cast<int>(duckdb_decimal_scale(type)));
    case DUCKDB_TYPE_ARRAY: {
      *changed = true;
      const LogicalType child(duckdb_array_type_child_type(type));
      const std::string inner = NameOf(child.get(), depth + 1, changed);
      return inner.empty() ? "" : inner + "[]";
    }
    case DUCKDB_TYPE_LIST: {
      const LogicalType child(duckdb_list_type_child_type(type));
      const std::string inner = NameOf(child.get(), depth + 1, changed);
      return inner.empty() ? "" : inner + "[]";
    }
    case DUCKDB_TYPE_MAP: {
      const LogicalType key(duckdb_map_type_key_type(type));
      const LogicalType value(duckdb_map_type_value_type(type));
      const std::string key_name = NameOf(key.get(), depth + 1, changed);
      const std::string value_name = NameOf(value.get(), depth + 1, changed);
      return key_name.empty() || value_name.empty() ? "" : "MAP(" + key_name + ", " + value_name + ")";
    }
    case DUCKDB_TYPE_STRUCT:
      return NameOfStruct(type, depth, changed);
    default:
      return NameOfLeaf(duckdb_get_type_id(type));
  }
}

}  // namespace

std::optional<PlainType> PlainTypeOf(duckdb_logical_type type) {
  PlainType out;
  bool changed = false;
  out.sql = NameOf(type, 0, &changed);
  if (!changed || out.sql.empty()) return std::nullopt;
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_UHUGEINT || id == DUCKDB_TYPE_BIGNUM) out.kind = kNumberKind;
  if (id == DUCKDB_TYPE_VARIANT) out.kind = kVariantKind;
  return out;
}

}  // namespace pixlake::query
