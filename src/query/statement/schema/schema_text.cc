#include "query/statement/schema/schema_text.h"

#include <algorithm>
#include <array>

#include <arrow/type.h>
#include <fmt/format.h>

namespace pixlake::query {

std::string SparkTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "boolean";
    case arrow::Type::INT8:
      return "tinyint";
    case arrow::Type::INT16:
      return "smallint";
    case arrow::Type::INT32:
      return "int";
    case arrow::Type::INT64:
      return "bigint";
    case arrow::Type::FLOAT:
      return "float";
    case arrow::Type::DOUBLE:
      return "double";
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return "string";
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return "binary";
    case arrow::Type::DATE32:
      return "date";
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "timestamp_ntz"
                                                                               : "timestamp";
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return fmt::format("decimal({},{})", decimal.precision(), decimal.scale());
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
      return "array<" + SparkTypeName(*type.field(0)->type()) + ">";
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "map<" + SparkTypeName(*map.key_type()) + "," + SparkTypeName(*map.item_type()) + ">";
    }
    case arrow::Type::STRUCT: {
      std::string text = "struct<";
      for (int i = 0; i < type.num_fields(); ++i) {
        text += (i > 0 ? "," : "") + type.field(i)->name() + ":" + SparkTypeName(*type.field(i)->type());
      }
      return text + ">";
    }
    default:
      return type.ToString();
  }
}

std::vector<ColumnText> DescribeColumns(const arrow::Schema& schema,
                                        const std::vector<std::string>& partition_columns) {
  std::vector<ColumnText> columns;
  for (const auto& field : schema.fields()) {
    const bool partition = std::find(partition_columns.begin(), partition_columns.end(), field->name()) !=
                           partition_columns.end();
    columns.push_back({field->name(), SparkTypeName(*field->type()), field->nullable(), partition});
  }
  return columns;
}

std::string FormatSchemaTable(const std::vector<ColumnText>& columns) {
  std::vector<std::array<std::string, 3>> rows{{"column", "type", "nullable"}};
  for (const ColumnText& column : columns) {
    rows.push_back({column.name, column.type,
                    std::string(column.nullable ? "yes" : "no") + (column.partition ? ", partition" : "")});
  }
  std::array<size_t, 3> widths{};
  for (const auto& row : rows) {
    for (size_t i = 0; i < 3; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const std::string line =
      fmt::format("+-{:-<{}}-+-{:-<{}}-+-{:-<{}}-+\n", "", widths[0], "", widths[1], "", widths[2]);
  std::string text = line;
  for (size_t r = 0; r < rows.size(); ++r) {
    text += fmt::format("| {:<{}} | {:<{}} | {:<{}} |\n", rows[r][0], widths[0], rows[r][1], widths[1],
                        rows[r][2], widths[2]);
    if (r == 0) text += line;
  }
  return text + line;
}

}  // namespace pixlake::query
