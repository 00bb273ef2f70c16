#include "query/change/spark_expression.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::query {
namespace {

const arrow::Schema& Columns() {
  static const arrow::Schema schema({
      arrow::field("id", arrow::int64()),
      arrow::field("n", arrow::int32()),
      arrow::field("Price", arrow::float64()),
      arrow::field("name", arrow::utf8()),
      arrow::field("content", arrow::binary()),
      arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("s", arrow::struct_({arrow::field("a", arrow::int32())})),
  });
  return schema;
}

struct Pair {
  const char* spark;
  const char* duckdb;
};

class Translates : public ::testing::TestWithParam<Pair> {};

TEST_P(Translates, ToDuckDb) {
  const auto result = FromSparkSql(GetParam().spark, Columns());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->sql, GetParam().duckdb);
}

INSTANTIATE_TEST_SUITE_P(
    Expressions, Translates,
    ::testing::Values(
        Pair{"id > 0", R"("id" > 0)"}, Pair{"ID >= 0 AND n<10", R"("id" >= 0 and "n" < 10)"},
        Pair{"`id` == 3", R"("id" = 3)"}, Pair{"name <=> 'x'", R"("name" IS NOT DISTINCT FROM 'x')"},
        Pair{"name != \"x\"", R"("name" <> 'x')"}, Pair{"s.a IN (1, 2L)", R"("s"."a" in (1, 2))"},
        Pair{"price BETWEEN 1.5D AND 1e3", R"("Price" between CAST(1.5 AS DOUBLE) and 1e3)"},
        Pair{"concat(name, 'x')", R"((("name") || ('x')))"},
        Pair{"length(content) < 10", R"(octet_length(("content")) < 10)"},
        Pair{"length(name) < 10", R"(length(("name")) < 10)"},
        Pair{"CAST(at AS DATE)", R"(CAST(("at") AS DATE))"},
        Pair{"cast(id % 10 as string)", R"(CAST(("id" % 10) AS VARCHAR))"},
        Pair{"cast(n as decimal(10,2))", R"(CAST(("n") AS DECIMAL(10,2)))"},
        Pair{"date_format(at, 'yyyy-MM')", R"(strftime(("at"), ('%Y-%m')))"},
        Pair{"if(n > 1, 'a', 'b')", R"(CASE WHEN ("n" > 1) THEN ('a') ELSE ('b') END)"},
        Pair{"substring(name, 1, 3)", R"(substring(("name"), (1), (3)))"},
        Pair{"isnotnull(name)", R"((("name") IS NOT NULL))"}, Pair{"current_timestamp()", "now()"},
        Pair{"at < DATE '2024-01-01'", R"("at" < date '2024-01-01')"}));

class Refuses : public ::testing::TestWithParam<Pair> {};

TEST_P(Refuses, ByName) {
  const auto result = FromSparkSql(GetParam().spark, Columns());
  ASSERT_FALSE(result.ok()) << result->sql;
  EXPECT_THAT(result.status().message(), ::testing::HasSubstr(GetParam().duckdb));
}

// Each means something else in DuckDB, or may.
INSTANTIATE_TEST_SUITE_P(
    Expressions, Refuses,
    ::testing::Values(Pair{"cast(price as int) > 1", "cast(price as int)"},
                      Pair{"cast(price as string)", "cast(price as string)"},
                      Pair{"cast(at as string)", "cast(at as string)"}, Pair{"id ^ 2 = 1", "^"},
                      Pair{"id & 1 = 1", "&"}, Pair{"name rlike 'a'", "rlike"}, Pair{"name = 'a\\b'", "a\\b"},
                      Pair{"name = 'a''b'", "a'b"}, Pair{"hash(name) > 0", "hash"},
                      Pair{"substring(name, -1, 2)", "substring"}, Pair{"id div 2 = 1", "div"},
                      Pair{"nothing > 1", "no column nothing"}, Pair{"id || name + 1", "||"},
                      Pair{"transform(s, x -> x)", "transform"}, Pair{"date_format(at, 'EEE')", "EEE"},
                      Pair{"!(id > 1)", "!"}, Pair{"id > 1; DROP TABLE t", "not one expression"},
                      Pair{"id > (SELECT 1)", "no column SELECT"}, Pair{"1_000 > id", "1_000"}));

TEST(SparkExpression, SaysWhichColumnsItReads) {
  const auto result = FromSparkSql("id > 1 OR s.a IS NULL", Columns());
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->columns, ::testing::ElementsAre(0, 6));
}

TEST(SparkExpression, BracketsWithoutEndAreRefused) {
  const std::string deep = std::string(5000, '(') + "1" + std::string(5000, ')');
  EXPECT_FALSE(FromSparkSql(deep, Columns()).ok());
  EXPECT_FALSE(FromSparkSql("((id)", Columns()).ok());
  EXPECT_FALSE(FromSparkSql("", Columns()).ok());
}

TEST(SparkExpression, FindsNamesInAnyCaseAndQuotes) {
  EXPECT_TRUE(MayName("`Label` <> 'x'", "label"));
  EXPECT_TRUE(MayName("length(LABEL) > 1", "label"));
  EXPECT_FALSE(MayName("name = 'label'", "label"));
}

}  // namespace
}  // namespace pixlake::query
