#include "query/result/result_writer.h"

#include <limits>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include "query/result/table_box_internal.h"

namespace pixlake::query {
namespace {

using arrow::field;
using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> Rows(const arrow::FieldVector& fields, const std::string& json) {
  const auto rows = arrow::json::ArrayFromJSONString(arrow::struct_(fields), json).ValueOrDie();
  return arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
}

std::shared_ptr<arrow::Buffer> WriteBytes(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                                          const WriteOptions& options) {
  auto reader = arrow::RecordBatchReader::Make(batches).ValueOrDie();
  auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto count = WriteResult(reader.get(), options, out.get());
  EXPECT_TRUE(count.ok()) << count.status();
  return out->Finish().ValueOrDie();
}

std::string Write(const std::shared_ptr<arrow::RecordBatch>& batch, ResultFormat format) {
  WriteOptions options;
  options.format = format;
  return WriteBytes({batch}, options)->ToString();
}

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t from, int64_t to) {
  arrow::Int64Builder builder;
  for (int64_t i = from; i < to; ++i) EXPECT_TRUE(builder.Append(i).ok());
  return arrow::RecordBatch::Make(arrow::schema({field("n", arrow::int64())}), to - from,
                                  {builder.Finish().ValueOrDie()});
}

TEST(CsvResult, QuotesWhatRfc4180Says) {
  const auto batch =
      Rows({field("a,b", arrow::utf8()), field("c", arrow::int64())},
           R"([{"a,b":"plain","c":1},{"a,b":"say \"hi\"\n","c":null},{"a,b":"","c":3},{"a,b":null,"c":4}])");
  EXPECT_EQ(Write(batch, ResultFormat::kCsv), "\"a,b\",c\nplain,1\n\"say \"\"hi\"\"\n\",\n\"\",3\n,4\n");
}

TEST(JsonResult, IsOneArrayOfRows) {
  const auto batch = Rows(
      {field("big", arrow::int64()), field("money", arrow::decimal128(20, 2)), field("text", arrow::utf8()),
       field("day", arrow::date32()), field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       field("list", arrow::list(arrow::float64())),
       field("map", arrow::map(arrow::int32(), arrow::boolean()))},
      R"([{"big":9223372036854775807,"money":"12345678901234567.89","text":"a\"\\\n\u0001ü","day":0,)"
      R"("at":-1,"list":[1,null,0.1],"map":[[1,true],[2,null]]},)"
      R"({"big":null,"money":null,"text":null,"day":null,"at":null,"list":null,"map":null}])");
  EXPECT_EQ(
      Write(batch, ResultFormat::kJson),
      "[\n{\"big\":9223372036854775807,\"money\":12345678901234567.89,\"text\":"
      "\"a\\\"\\\\\\n\\u0001\xC3\xBC\","
      "\"day\":\"1970-01-01\",\"at\":\"1969-12-31T23:59:59.999999Z\",\"list\":[1.0,null,0.1],"
      "\"map\":{\"1\":true,\"2\":null}},\n"
      "{\"big\":null,\"money\":null,\"text\":null,\"day\":null,\"at\":null,\"list\":null,\"map\":null}\n]\n");
}

TEST(JsonResult, NanAndInfinityAreNull) {
  arrow::DoubleBuilder builder;
  for (double value :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity(), 1e300}) {
    ASSERT_TRUE(builder.Append(value).ok());
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema({field("x", arrow::float64())}), 3,
                                              {builder.Finish().ValueOrDie()});
  EXPECT_EQ(Write(batch, ResultFormat::kJson), "[\n{\"x\":null},\n{\"x\":null},\n{\"x\":1e+300}\n]\n");
}

TEST(JsonResult, OfNoRowsIsAnEmptyArray) {
  EXPECT_EQ(Write(Numbers(0, 0), ResultFormat::kJson), "[\n]\n");
}

TEST(BlobsInText, AreBase64) {
  const auto batch = Rows({field("b", arrow::binary())}, R"([{"b":"Man"},{"b":""}])");
  EXPECT_EQ(Write(batch, ResultFormat::kCsv), "b\nTWFu\n\"\"\n");
  EXPECT_EQ(Write(batch, ResultFormat::kJson), "[\n{\"b\":\"TWFu\"},\n{\"b\":\"\"}\n]\n");
}

TEST(TableResult, AlignsColumnsAndShowsBlobsBySize) {
  const auto batch =
      Rows({field("image", arrow::binary()), field("n", arrow::int64()), field("word", arrow::utf8())},
           R"([{"image":"12345","n":7,"word":"日本"},{"image":null,"n":-12345,"word":"a\tb"}])");
  EXPECT_EQ(Write(batch, ResultFormat::kTable),
            "┌────────────┬────────┬─────────┐\n"
            "│   image    │   n    │  word   │\n"
            "│    blob    │ bigint │ varchar │\n"
            "├────────────┼────────┼─────────┤\n"
            "│ <blob 5 B> │      7 │ 日本    │\n"
            "│ NULL       │ -12345 │ a\\x09b  │\n"
            "└────────────┴────────┴─────────┘\n"
            "2 rows\n");
}

TEST(TableResult, ShowsTheFirstAndTheLastRows) {
  WriteOptions options;
  options.max_rows = 3;
  const std::string text = WriteBytes({Numbers(0, 700), Numbers(700, 1500)}, options)->ToString();
  EXPECT_THAT(text, HasSubstr("│      0 │\n│      1 │\n│   ·    │\n│   ·    │\n│   ·    │\n│   1499 │\n└"));
  EXPECT_THAT(text, HasSubstr("1,500 rows (3 shown)"));
  options.max_rows = 0;
  const std::string all = WriteBytes({Numbers(0, 700), Numbers(700, 15000)}, options)->ToString();
  EXPECT_THAT(all, HasSubstr("│  14999 │\n└"));
  EXPECT_THAT(all, HasSubstr("15,000 rows\n"));
}

TEST(TableResult, CutsWideColumnsToTheTerminal) {
  const auto batch = Rows({field("text", arrow::utf8())}, R"([{"text":"0123456789 0123456789"}])");
  WriteOptions options;
  options.max_width = 14;
  EXPECT_THAT(WriteBytes({batch}, options)->ToString(), HasSubstr("│ 012345678… │"));
}

TEST(TableResult, MeasuresUtf8) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);
  EXPECT_EQ(DisplayWidth("\xFF\xE2\x82"), 3) << "stray bytes count one each";
  EXPECT_EQ(FitToWidth("日本語", 4), "日…");
}

TEST(ArrowResult, ReadsBack) {
  WriteOptions options;
  options.format = ResultFormat::kArrow;
  const auto bytes = WriteBytes({Numbers(0, 5), Numbers(5, 9)}, options);
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(bytes))
                    .ValueOrDie();
  EXPECT_EQ(reader->ToTable().ValueOrDie()->num_rows(), 9);
}

TEST(ParquetResult, ReadsBack) {
  WriteOptions options;
  options.format = ResultFormat::kParquet;
  const auto batch = Rows({field("b", arrow::binary()), field("s", arrow::utf8())},
                          R"([{"b":"x","s":"y"},{"b":null,"s":null}])");
  const auto bytes = WriteBytes({batch}, options);
  auto reader =
      parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(bytes), arrow::default_memory_pool())
          .ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  EXPECT_TRUE(table->column(0)->chunk(0)->Equals(*batch->column(0)));
  EXPECT_TRUE(table->column(1)->chunk(0)->Equals(*batch->column(1)));
}

TEST(ResultFormat, RefusesOtherNames) {
  EXPECT_EQ(CodeOf(ParseResultFormat("xml").status()), ErrorCode::kUsage);
  EXPECT_EQ(ParseResultFormat("parquet").ValueOrDie(), ResultFormat::kParquet);
}

}  // namespace
}  // namespace pixlake::query
