#include <cmath>

#include <arrow/util/decimal.h>

#include "delta/stats/file_stats_internal.h"
#include "delta/stats/value_text_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

using testing::FailsWith;
using testing::Must;

const auto kZoned = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
const auto kNaive = arrow::timestamp(arrow::TimeUnit::MICRO);

std::string Parsed(const std::string& text, const std::shared_ptr<arrow::DataType>& type) {
  return Must(ParsePartitionValue(text, type))->ToString();
}

TEST(PartitionValue, ReadsEveryTypeAsTheProtocolWritesIt) {
  EXPECT_EQ(Parsed("-128", arrow::int8()), "-128");
  EXPECT_EQ(Parsed("9223372036854775807", arrow::int64()), "9223372036854775807");
  EXPECT_EQ(Parsed("1.0E-5", arrow::float64()), "0.00001");
  EXPECT_EQ(Parsed("NaN", arrow::float32()), "nan");
  EXPECT_EQ(Parsed("-Infinity", arrow::float64()), "-inf");
  EXPECT_EQ(Parsed("TRUE", arrow::boolean()), "true");
  EXPECT_EQ(Parsed("1970-01-02", arrow::date32()), "1970-01-02");
  EXPECT_EQ(Parsed("12.5", arrow::decimal128(10, 3)), "12.500");
  EXPECT_EQ(Parsed(" a=/%", arrow::utf8()), " a=/%");
}

TEST(PartitionValue, NullIsEmptyOrAbsentForAnyType) {
  for (const auto& type : {arrow::utf8(), arrow::int32(), arrow::binary(), kZoned}) {
    EXPECT_FALSE(Must(ParsePartitionValue("", type))->is_valid);
    EXPECT_FALSE(Must(ParsePartitionValue(std::nullopt, type))->is_valid);
  }
}

TEST(PartitionValue, ReadsTimestampsInBothForms) {
  EXPECT_EQ(ParseMicros("1970-01-01 00:00:00"), 0);
  EXPECT_EQ(ParseMicros("1970-01-01 00:00:00.123456"), 123456);
  EXPECT_EQ(ParseMicros("1970-01-01T00:00:00.1Z"), 100000);
  EXPECT_EQ(ParseMicros("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(ParseMicros("1969-12-31 23:59:59.999999"), -1);
  EXPECT_EQ(ParseMicros("9999-12-31T23:59:59.999Z"), 253402300799999000);
  EXPECT_EQ(ParseMicros("2020-02-29"), 1582934400000000);
}

TEST(PartitionValue, RejectsTextThatDoesNotFit) {
  EXPECT_THAT(ParsePartitionValue("128", arrow::int8()), FailsWith(ErrorCode::kCorrupt, "`128`"));
  EXPECT_THAT(ParsePartitionValue("1x", arrow::int64()), FailsWith(ErrorCode::kCorrupt, "`1x`"));
  EXPECT_THAT(ParsePartitionValue("2021-02-29", arrow::date32()), FailsWith(ErrorCode::kCorrupt, "2021"));
  EXPECT_THAT(ParsePartitionValue("1.23", arrow::decimal128(3, 1)), FailsWith(ErrorCode::kCorrupt, "1.23"));
  EXPECT_THAT(ParsePartitionValue("yes", arrow::boolean()), FailsWith(ErrorCode::kCorrupt, "yes"));
  EXPECT_EQ(ParseMicros("1970-01-01 25:00:00"), std::nullopt);
  EXPECT_EQ(ParseMicros("999999-01-01 00:00:00"), std::nullopt);
}

std::string StatsText(const std::shared_ptr<arrow::Scalar>& scalar, Rounding rounding) {
  const auto json = ScalarToStatsJson(*scalar, rounding);
  return json ? json->dump() : "left out";
}

TEST(FileStats, RoundsTimestampsOutwardToMilliseconds) {
  const auto at = [](int64_t micros) { return std::make_shared<arrow::TimestampScalar>(micros, kZoned); };
  EXPECT_EQ(StatsText(at(1001), Rounding::kDown), "\"1970-01-01T00:00:00.001Z\"");
  EXPECT_EQ(StatsText(at(1001), Rounding::kUp), "\"1970-01-01T00:00:00.002Z\"");
  EXPECT_EQ(StatsText(at(-1), Rounding::kDown), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(StatsText(at(-1), Rounding::kUp), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(StatsText(at(INT64_MAX), Rounding::kUp), "left out");
  EXPECT_EQ(StatsText(at(INT64_MIN), Rounding::kDown), "left out");
  EXPECT_EQ(StatsText(std::make_shared<arrow::TimestampScalar>(0, kNaive), Rounding::kDown),
            "\"1970-01-01T00:00:00.000\"");
}

TEST(FileStats, CutsLongTextOutward) {
  const auto text = std::make_shared<arrow::StringScalar>(std::string(40, 'a'));
  EXPECT_EQ(StatsText(text, Rounding::kDown), "\"" + std::string(32, 'a') + "\"");
  EXPECT_EQ(StatsText(text, Rounding::kUp), "\"" + std::string(31, 'a') + "b\"");
  EXPECT_EQ(TextAbove("a\xF4\x8F\xBF\xBF", 2), "b");
  EXPECT_EQ(TextAbove("\xED\x9F\xBF", 1), "\xEE\x80\x80");  // over the surrogates
  EXPECT_EQ(TextAbove("\xF4\x8F\xBF\xBF", 1), std::nullopt);
}

TEST(FileStats, LeavesOutWhatJsonCannotHold) {
  EXPECT_EQ(StatsText(std::make_shared<arrow::DoubleScalar>(INFINITY), Rounding::kUp), "left out");
  EXPECT_EQ(StatsText(std::make_shared<arrow::DoubleScalar>(NAN), Rounding::kDown), "left out");
  EXPECT_EQ(StatsText(std::make_shared<arrow::StringScalar>("\xFF"), Rounding::kDown), "left out");
  EXPECT_EQ(StatsText(std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString("x")), Rounding::kDown),
            "left out");
  const auto wide = arrow::decimal128(38, 0);
  EXPECT_EQ(
      StatsText(std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128("12345678901234567890"), wide),
                Rounding::kUp),
      "left out");
}

TEST(FileStats, WritesNestedColumnsAndReadsThemBack) {
  file::DataStatistics statistics;
  statistics.num_rows = 3;
  statistics.columns.push_back(
      {{"s", "x"}, std::make_shared<arrow::Int64Scalar>(-5), std::make_shared<arrow::Int64Scalar>(7), 1});
  statistics.columns.push_back({{"blob"}, nullptr, nullptr, 0});
  const std::string text = WriteStats(statistics, StatsSelection{-1, {}});
  EXPECT_EQ(text, R"({"numRecords":3,"minValues":{"s":{"x":-5}},"maxValues":{"s":{"x":7}},)"
                  R"("nullCount":{"blob":0,"s":{"x":1}}})");
  EXPECT_EQ(NumRecords(text), 3);
  const FileStats stats(text, false);
  const table::ValueRange range = stats.RangeOf({"s", "x"}, arrow::int64());
  EXPECT_EQ(range.min->ToString(), "-5");
  EXPECT_EQ(range.max->ToString(), "7");
  EXPECT_EQ(range.null_count, 1);
  EXPECT_EQ(range.num_rows, 3);
}

TEST(FileStats, StopsAtTheIndexedColumns) {
  file::DataStatistics statistics;
  statistics.columns = {{{"a"}, nullptr, nullptr, 1}, {{"b"}, nullptr, nullptr, 2}};
  EXPECT_THAT(WriteStats(statistics, StatsSelection{1, {}}), ::testing::Not(::testing::HasSubstr("\"b\"")));
}

TEST(FileStats, WidensMaximaThatWritersCutOff) {
  const FileStats stats(R"({"numRecords":1,"maxValues":{"t":"2020-01-01T00:00:00.123Z","s":")" +
                            std::string(32, 'z') + R"("}})",
                        false);
  EXPECT_EQ(static_cast<const arrow::TimestampScalar&>(*stats.RangeOf({"t"}, kZoned).max).value % 1'000'000,
            124'000);
  EXPECT_EQ(stats.RangeOf({"s"}, arrow::utf8()).max->ToString(), std::string(31, 'z') + "{");
}

TEST(FileStats, DamagedStatisticsAreAsGoodAsNone) {
  for (const std::string text :
       {"", "{", "[]",
        R"({"numRecords":-1,"nullCount":{"a":-2},"minValues":{"a":"x"},"maxValues":{"a":1.5}})",
        R"({"numRecords":99999999999999999999})",
        R"({"minValues":5,"maxValues":{"a":{"b":1}},"nullCount":[]})",
        R"({"minValues":{"a":5},"maxValues":{"a":4}})"}) {
    SCOPED_TRACE(text);
    const table::ValueRange range = FileStats(text, false).RangeOf({"a"}, arrow::int32());
    EXPECT_EQ(range.min, nullptr);
    EXPECT_EQ(range.max, nullptr);
    EXPECT_EQ(range.null_count, -1);
    EXPECT_EQ(NumRecords(text), -1);
  }
}

TEST(FileStats, CountsUnderDeletionVectorsSayOnlyNoneOrAll) {
  const std::string text =
      R"({"numRecords":10,"nullCount":{"none":0,"some":4,"all":10},"tightBounds":false})";
  const FileStats stats(text, true);
  EXPECT_EQ(stats.RangeOf({"none"}, arrow::int32()).null_count, 0);
  EXPECT_EQ(stats.RangeOf({"some"}, arrow::int32()).null_count, -1);
  EXPECT_EQ(stats.RangeOf({"all"}, arrow::int32()).null_count, 10);
}

}  // namespace
}  // namespace pixlake::delta
