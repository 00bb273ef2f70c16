#include "table/text_width.h"

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::table {
namespace {

Result<TextWidth> WidthOf(const std::shared_ptr<arrow::DataType>& type, const std::string& declared) {
  return TextWidthOf(*arrow::field("c", type, true, arrow::key_value_metadata({kTextTypeKey}, {declared})));
}

TEST(TextWidth, ReadsWhatSparkRecords) {
  const auto fixed = WidthOf(arrow::utf8(), "char(5)").ValueOrDie();
  EXPECT_TRUE(fixed.is_char);
  EXPECT_EQ(fixed.length, 5);
  const auto most = WidthOf(arrow::utf8(), "varchar(3)").ValueOrDie();
  EXPECT_FALSE(most.is_char);
  EXPECT_EQ(most.length, 3);
  EXPECT_FALSE(TextWidthOf(*arrow::field("c", arrow::utf8())).ValueOrDie().any());
}

TEST(TextWidth, ReadsWidthsInsideOfOtherTypes) {
  const auto type = arrow::struct_({arrow::field("d", arrow::decimal128(10, 2)),
                                    arrow::field("o dd:n", arrow::list(arrow::utf8())),
                                    arrow::field("m", arrow::map(arrow::utf8(), arrow::utf8()))});
  const auto width =
      WidthOf(type, "struct<d:decimal(10,2),o dd:n:array<varchar(2)>,m:map<char(3),string>>").ValueOrDie();
  ASSERT_EQ(width.children.size(), 3U);
  EXPECT_FALSE(width.children[0].any());
  EXPECT_EQ(width.children[1].children[0].length, 2);
  EXPECT_EQ(width.children[2].children[0].length, 3);
  EXPECT_TRUE(width.children[2].children[0].is_char);
  EXPECT_FALSE(width.children[2].children[1].any());
  EXPECT_TRUE(width.any());
}

TEST(TextWidth, FieldsThatCameLaterHaveNone) {
  const auto type = arrow::struct_({arrow::field("a", arrow::utf8()), arrow::field("b", arrow::utf8())});
  const auto width = WidthOf(type, "struct<a:char(2)>").ValueOrDie();
  EXPECT_EQ(width.children[0].length, 2);
  EXPECT_FALSE(width.children[1].any());
  EXPECT_EQ(WidthOf(type, "struct<gone:map<char(1),int>,b:char(4)>").ValueOrDie().children[1].length, 4);
}

TEST(TextWidth, WhatDoesNotFitIsAnError) {
  const auto type = arrow::struct_({arrow::field("a", arrow::utf8())});
  for (const char* declared :
       {"char(5)", "struct<", "struct<a", "struct<a:", "struct<a:char(>", "struct<a:char(0)>",
        "struct<a:char(99999999999)>", "struct<a:char(5)>>", "array<char(5)>"}) {
    EXPECT_FALSE(WidthOf(type, declared).ok()) << declared;
  }
  EXPECT_FALSE(WidthOf(arrow::utf8(), "char(2000000000)").ok());
}

TEST(TextWidth, PadsByCharactersNotBytes) {
  EXPECT_EQ(Padded(std::string("é"), 3), "é  ");
  EXPECT_EQ(Padded(std::string("abcd"), 3), "abcd");
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendValues({"x", "a", "日本語"}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto padded = Padded(builder.Finish().ValueOrDie()->Slice(1), 3).ValueOrDie();
  const auto& texts = static_cast<const arrow::StringArray&>(*padded);
  EXPECT_EQ(texts.GetString(0), "a  ");
  EXPECT_EQ(texts.GetString(1), "日本語");
  EXPECT_TRUE(texts.IsNull(2));
}

}  // namespace
}  // namespace pixlake::table
