#include "query/statement/schema/column_definition.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/statement/schema/schema_text.h"

namespace pixlake::query {
namespace {

SqlStatement StatementOf(const std::string& text) {
  return SplitStatements(text).ValueOrDie().at(0);
}

TEST(ColumnDefinition, ReadsEveryType) {
  for (const std::string text :
       {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date",
        "timestamp", "timestamp_ntz", "decimal(12,3)", "array<int>", "map<string,array<double>>",
        "struct<a:int,b:struct<c:map<int,string>>>"}) {
    const auto statement = StatementOf(text);
    SqlCursor cursor(statement);
    const auto type = TakeType(&cursor);
    ASSERT_TRUE(type.ok()) << type.status().ToString();
    EXPECT_EQ(SparkTypeName(**type), text);
    EXPECT_TRUE(cursor.AtEnd());
  }
}

TEST(ColumnDefinition, ReadsWhatAColumnCarries) {
  const auto statement = StatementOf(
      "`Day of` DATE NOT NULL GENERATED ALWAYS AS (CAST(at AS DATE)) COMMENT 'the day', n INT DEFAULT (1 + "
      "1), "
      "rest");
  SqlCursor cursor(statement);
  const auto day = TakeColumn(&cursor).ValueOrDie();
  EXPECT_EQ(day->name(), "Day of");
  EXPECT_FALSE(day->nullable());
  EXPECT_EQ(day->metadata()->Get(table::kGeneratedKey).ValueOrDie(), "CAST(at AS DATE)");
  EXPECT_EQ(day->metadata()->Get("comment").ValueOrDie(), "the day");
  ASSERT_TRUE(cursor.TakeSymbol(','));
  const auto n = TakeColumn(&cursor).ValueOrDie();
  EXPECT_EQ(n->metadata()->Get("CURRENT_DEFAULT").ValueOrDie(), "(1 + 1)");
  EXPECT_TRUE(cursor.TakeSymbol(','));
}

TEST(ColumnDefinition, RefusesWhatIsNoType) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "array<";
  for (const std::string& text :
       {std::string("varchar2"), std::string("decimal(39,1)"), std::string("decimal(2,3)"),
        std::string("array<int"), std::string("map<int>"), std::string("struct<>"), deep + "int"}) {
    const auto statement = StatementOf(text);
    SqlCursor cursor(statement);
    const auto type = TakeType(&cursor);
    ASSERT_FALSE(type.ok()) << text;
    EXPECT_EQ(CodeOf(type.status()), ErrorCode::kUsage) << text;
  }
}

}  // namespace
}  // namespace pixlake::query
