#include "query/statement/schema/schema_text.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace pixlake::query {
namespace {

// Spark's `DataType.catalogString` for the same types.
TEST(SchemaTextTest, TypesAreWrittenAsSparkDoes) {
  EXPECT_EQ(SparkTypeName(*arrow::binary()), "binary");
  EXPECT_EQ(SparkTypeName(*arrow::timestamp(arrow::TimeUnit::MICRO)), "timestamp_ntz");
  EXPECT_EQ(SparkTypeName(*arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")), "timestamp");
  const auto metadata =
      arrow::struct_({arrow::field("width", arrow::int32()), arrow::field("format", arrow::utf8())});
  EXPECT_EQ(SparkTypeName(*metadata), "struct<width:int,format:string>");
  EXPECT_EQ(SparkTypeName(*arrow::list(arrow::float32())), "array<float>");
  EXPECT_EQ(SparkTypeName(*arrow::map(arrow::utf8(), arrow::decimal128(10, 2))), "map<string,decimal(10,2)>");
}

TEST(SchemaTextTest, TheTableIsBoxed) {
  const auto schema = arrow::schema(
      {arrow::field("image_binary", arrow::binary()), arrow::field("label", arrow::utf8(), false)});
  EXPECT_EQ(FormatSchemaTable(DescribeColumns(*schema, {"label"})),
            "+--------------+--------+---------------+\n"
            "| column       | type   | nullable      |\n"
            "+--------------+--------+---------------+\n"
            "| image_binary | binary | yes           |\n"
            "| label        | string | no, partition |\n"
            "+--------------+--------+---------------+\n");
}

}  // namespace
}  // namespace pixlake::query
