#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/mention/file_mentions_internal.h"

namespace pixlake::query {
namespace {

using testing::ElementsAre;

std::vector<FileMention> Of(const std::string& sql) {
  return FileMentions(SplitStatements(sql).ValueOrDie().at(0).tokens);
}

TEST(FileMentionsTest, FunctionsAndTheirLiterals) {
  const auto one = Of("SELECT * FROM Read_Parquet('/t/*.parquet', union_by_name := 'yes')");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].function, "read_parquet");
  EXPECT_THAT(one[0].places, ElementsAre("/t/*.parquet"));
  EXPECT_TRUE(one[0].of_rows);
  EXPECT_FALSE(one[0].computed);
  const auto list =
      Of("SELECT count(*) FROM t, \"read_blob\"(['a', 'b']) WHERE x IN (SELECT 1 FROM glob('c'))");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_THAT(list[0].places, ElementsAre("a", "b"));
  EXPECT_FALSE(list[0].of_rows);
  EXPECT_THAT(list[1].places, ElementsAre("c"));
}

TEST(FileMentionsTest, WhatIsComputedIsTold) {
  EXPECT_TRUE(Of("SELECT * FROM read_parquet('a' || b)")[0].computed);
  EXPECT_TRUE(Of("SELECT * FROM read_parquet(getvariable('x'))")[0].computed);
  EXPECT_TRUE(Of("SELECT * FROM read_parquet(?)")[0].computed);
}

TEST(FileMentionsTest, FilesInFrom) {
  const auto found = Of("SELECT * FROM '/t/a.parquet' AS a JOIN \"b.csv\" USING (id)");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].function, "from");
  EXPECT_THAT(found[0].places, ElementsAre("/t/a.parquet"));
  EXPECT_THAT(found[1].places, ElementsAre("b.csv"));
}

TEST(FileMentionsTest, NotTextsAndColumns) {
  EXPECT_TRUE(
      Of("SELECT 'read_parquet(''x'')', read_parquet, \"a.parquet\" FROM t -- read_blob('y')").empty());
  EXPECT_TRUE(Of("SELECT * FROM raw.images WHERE name = 'read_parquet'").empty());
}

}  // namespace
}  // namespace pixlake::query
