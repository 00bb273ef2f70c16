#include "file/data_statistics.h"

#include <cmath>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

namespace pixlake::file {
namespace {

// Files made by Arrow's writer: the statistics are not of our own making.
DataStatistics Collect(const std::shared_ptr<arrow::Schema>& schema, const char* json,
                       int64_t row_group_rows) {
  const auto array = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json).ValueOrDie();
  const auto batch = arrow::RecordBatch::FromStructArray(array).ValueOrDie();
  const auto table = arrow::Table::FromRecordBatches(schema, {batch}).ValueOrDie();
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, row_group_rows).ok());
  auto source = std::make_shared<arrow::io::BufferReader>(sink->Finish().ValueOrDie());
  return CollectStatistics(*parquet::ParquetFileReader::Open(source)->metadata(), *schema).ValueOrDie();
}

TEST(DataStatisticsTest, MergesRowGroups) {
  const auto schema = arrow::schema({arrow::field("x", arrow::int32()), arrow::field("s", arrow::utf8())});
  const auto found =
      Collect(schema, R"([{"x":5,"s":"b"},{"x":null,"s":"a"},{"x":-2,"s":"c"},{"x":9,"s":null}])", 2);
  EXPECT_EQ(found.num_rows, 4);
  ASSERT_EQ(found.columns.size(), 2u);
  EXPECT_EQ(found.columns[0].min->ToString(), "-2");
  EXPECT_EQ(found.columns[0].max->ToString(), "9");
  EXPECT_EQ(found.columns[0].null_count, 1);
  EXPECT_EQ(found.columns[1].min->ToString(), "a");
  EXPECT_EQ(found.columns[1].max->ToString(), "c");
}

TEST(DataStatisticsTest, StructLeavesHavePathsListsHaveNone) {
  const auto schema = arrow::schema({arrow::field("l", arrow::list(arrow::int32())),
                                     arrow::field("m", arrow::struct_({arrow::field("w", arrow::int32())}))});
  const auto found = Collect(schema, R"([{"l":[1],"m":{"w":7}},{"l":[],"m":null}])", 10);
  ASSERT_EQ(found.columns.size(), 1u);
  EXPECT_EQ(found.columns[0].path, (std::vector<std::string>{"m", "w"}));
  EXPECT_EQ(found.columns[0].max->ToString(), "7");
  EXPECT_EQ(found.columns[0].null_count, 1);
}

TEST(DataStatisticsTest, BinaryNeverGetsBounds) {
  const auto found =
      Collect(arrow::schema({arrow::field("b", arrow::binary())}), R"([{"b":"x"},{"b":"y"}])", 10);
  EXPECT_EQ(found.columns.at(0).min, nullptr);
  EXPECT_EQ(found.columns.at(0).max, nullptr);
}

TEST(DataStatisticsTest, AllNullHasACountAndNoBounds) {
  const auto found =
      Collect(arrow::schema({arrow::field("x", arrow::int64())}), R"([{"x":null},{"x":null}])", 1);
  EXPECT_EQ(found.columns.at(0).null_count, 2);
  EXPECT_EQ(found.columns.at(0).min, nullptr);
}

}  // namespace
}  // namespace pixlake::file
