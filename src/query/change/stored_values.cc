#include <algorithm>
#include <vector>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/change/row_checks_internal.h"
#include "query/change/stored_values_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/result/value_format_internal.h"
#include "table/text_width.h"

namespace pixlake::query {
namespace {

using arrow::Type;
using table::TextWidth;

// Delta Spark checks the length as it is given: blanks behind count.
std::string TextOfWidth(const TextWidth& width, const std::string& path, const std::string& value) {
  const std::string type = fmt::format("{}({})", width.is_char ? "CHAR" : "VARCHAR", width.length);
  const std::string message = SqlLiteral(
      kViolationMark + fmt::format("a value is too long for column {}, which is {}: ", path, type));
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN length({0}) <= {1} THEN {2} ELSE error({3} || left({0}, 100)) "
      "END",
      value, width.length, width.is_char ? fmt::format("rpad({}, {}, ' ')", value, width.length) : value,
      message);
}

// `depth` keeps the parameters of lambdas apart.
std::string OfWidth(const TextWidth& width, const arrow::DataType& type, const std::string& path,
                    const std::string& value, int depth) {
  if (!width.any()) return value;
  const std::string each = fmt::format("__pixlake_x{}", depth);
  switch (type.id()) {
    case Type::STRUCT: {
      std::vector<std::string> fields;
      for (int i = 0; i < type.num_fields(); ++i) {
        const auto& field = type.field(i);
        const std::string inner = fmt::format("struct_extract({}, {})", value, SqlLiteral(field->name()));
        fields.push_back(fmt::format("{} := {}", SqlName(field->name()),
                                     OfWidth(width.children[static_cast<size_t>(i)], *field->type(),
                                             path + "." + field->name(), inner, depth)));
      }
      return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE struct_pack({}) END", value,
                         fmt::join(fields, ", "));
    }
    case Type::LIST:
      return fmt::format(
          "list_transform({}, lambda {}: {})", value, each,
          OfWidth(width.children[0], *type.field(0)->type(), path + ".element", each, depth + 1));
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return fmt::format(
          "CASE WHEN {0} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({0}), lambda "
          "{1}: "
          "struct_pack(k := {2}, v := {3}))) END",
          value, each,
          OfWidth(width.children[0], *map.key_type(), path + ".key",
                  fmt::format("struct_extract({}, 'key')", each), depth + 1),
          OfWidth(width.children[1], *map.item_type(), path + ".value",
                  fmt::format("struct_extract({}, 'value')", each), depth + 1));
    }
    default:
      return TextOfWidth(width, path, value);
  }
}

}  // namespace

Result<std::string> StoredValue(const ChangeTarget& target, int column, const std::string& value) {
  const arrow::Field& field = *target.schema->field(column);
  const auto& partitions = target.partition_columns;
  const bool partition = std::find(partitions.begin(), partitions.end(), field.name()) != partitions.end();
  PL_ASSIGN_OR_RETURN(const TextWidth width, table::TextWidthOf(field));
  std::string given = value;
  // Before the width, as in Spark, which makes no blanks of an empty CHAR(n) here.
  if (partition && field.type()->id() == Type::STRING) given = fmt::format("nullif({}, '')", value);
  if (partition && IsBlob(*field.type())) given = fmt::format("nullif({}, ''::BLOB)", value);
  return OfWidth(width, *field.type(), field.name(), given, 0);
}

Result<std::string> AsStored(const ChangeTarget& target, const std::string& rows,
                             const std::set<int>& columns) {
  std::vector<std::string> replaced;
  for (const int column : columns) {
    const std::string name = SqlName(target.schema->field(column)->name());
    PL_ASSIGN_OR_RETURN(const std::string value, StoredValue(target, column, name));
    if (value != name) replaced.push_back(fmt::format("{} AS {}", value, name));
  }
  if (replaced.empty()) return rows;
  return fmt::format("SELECT * REPLACE ({}) FROM ({}) AS __pixlake_stored", fmt::join(replaced, ", "), rows);
}

}  // namespace pixlake::query
