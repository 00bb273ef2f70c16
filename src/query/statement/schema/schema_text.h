// Schemas in SQL's words.
#pragma once

#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace pixlake::query {

// "binary", "string", "struct<width:int,height:int>", as Spark writes types.
std::string SparkTypeName(const arrow::DataType& type);

struct ColumnText {
  std::string name;
  std::string type;
  bool nullable = true;
  bool partition = false;
};

std::vector<ColumnText> DescribeColumns(const arrow::Schema& schema,
                                        const std::vector<std::string>& partition_columns);

// A boxed table of columns, types and nullability.
std::string FormatSchemaTable(const std::vector<ColumnText>& columns);

}  // namespace pixlake::query
