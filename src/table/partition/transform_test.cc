#include "table/partition/transform.h"

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include "testing/matchers.h"

namespace pixlake::table {
namespace {

using arrow::MakeScalar;

std::shared_ptr<arrow::Scalar> Date(int32_t days) {
  return std::make_shared<arrow::Date32Scalar>(days);
}

std::shared_ptr<arrow::Scalar> Time(int64_t micros) {
  return std::make_shared<arrow::TimestampScalar>(micros, arrow::timestamp(arrow::TimeUnit::MICRO));
}

std::shared_ptr<arrow::Scalar> Decimal(const std::string& text, int precision, int scale) {
  return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128::FromString(text).ValueOrDie(),
                                                   arrow::decimal128(precision, scale));
}

PartitionField Field(const std::string& text) {
  PartitionField field = ParseTransform(text).ValueOrDie();
  field.column = "c";
  return field;
}

std::string Part(const std::string& transform, const arrow::Scalar& value) {
  const auto part = ApplyTransform(Field(transform), value);
  return part.ok() ? (*part)->ToString() : part.status().message();
}

// Iceberg's specification, Appendix B, "32-bit Hash Requirements".
TEST(TransformTest, HashesAreThoseOfTheSpecification) {
  EXPECT_EQ(BucketHash(*MakeScalar(int32_t{34})).ValueOrDie(), 2017239379);
  EXPECT_EQ(BucketHash(*MakeScalar(int64_t{34})).ValueOrDie(), 2017239379);
  EXPECT_EQ(BucketHash(*Decimal("14.20", 9, 2)).ValueOrDie(), -500754589);
  EXPECT_EQ(BucketHash(*Date(17486)).ValueOrDie(), -653330422);              // 2017-11-16
  EXPECT_EQ(BucketHash(*Time(1510871468000000)).ValueOrDie(), -2047944441);  // 2017-11-16T22:31:08
  EXPECT_EQ(BucketHash(*MakeScalar("iceberg")).ValueOrDie(), 1210000089);
  EXPECT_EQ(
      BucketHash(arrow::BinaryScalar(arrow::Buffer::FromString(std::string("\0\1\2\3", 4)))).ValueOrDie(),
      -188683207);
  EXPECT_EQ(CodeOf(BucketHash(*MakeScalar(1.5)).status()), ErrorCode::kUnsupported);
}

// The specification's examples of "Truncate Transform Details" and "Partition Transforms".
TEST(TransformTest, PartsAreThoseOfTheSpecification) {
  EXPECT_EQ(Part("truncate[10]", *MakeScalar(int32_t{1})), "0");
  EXPECT_EQ(Part("truncate[10]", *MakeScalar(int32_t{-1})), "-10");
  EXPECT_EQ(Part("truncate[50]", *Decimal("10.65", 9, 2)), "10.50");
  EXPECT_EQ(Part("truncate[3]", *MakeScalar("iceberg")), "ice");
  EXPECT_EQ(Part("truncate[2]", *MakeScalar("\xC3\xA9t\xC3\xA9")), "\xC3\xA9t");
  EXPECT_EQ(Part("year", *Date(-1)), "-1");
  EXPECT_EQ(Part("month", *Date(-1)), "-1");
  EXPECT_EQ(Part("day", *Time(-1)), "1969-12-31");
  EXPECT_EQ(Part("hour", *Time(-1)), "-1");
  EXPECT_EQ(Part("year", *Date(19782)), "54");    // 2024-02-29
  EXPECT_EQ(Part("month", *Date(19782)), "649");  // 54 * 12 + 1
  EXPECT_EQ(Part("void", *Date(3)), "null");
  EXPECT_EQ(Part("bucket[16]", arrow::Int32Scalar()), "null");
  EXPECT_NE(Part("hour", *Date(1)).find("hour of `c`"), std::string::npos);
}

TEST(TransformTest, TextsAreReadAndWritten) {
  for (const char* text : {"identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour", "void"})
    EXPECT_EQ(TransformText(Field(text)), text);
  for (const char* text :
       {"", "bucket", "bucket[]", "bucket[0]", "bucket[-1]", "bucket[9]x", "day[3]", "weeks"})
    EXPECT_EQ(CodeOf(ParseTransform(text).status()), ErrorCode::kCorrupt) << text;
}

// A value is always within the range of its part, and the part's neighbours are not: over four
// centuries of days, and every hour around the epoch.
TEST(TransformTest, ARangeHasTheValuesOfItsPartAndNoOthers) {
  for (const char* transform : {"year", "month", "day"}) {
    for (int32_t day = -80000; day <= 80000; day += 13) {
      const auto field = Field(transform);
      const auto part = ApplyTransform(field, *Date(day)).ValueOrDie();
      const ValueRange range = RangeOfPart(field, arrow::date32(), *part);
      const int32_t first = static_cast<const arrow::Date32Scalar&>(*range.min).value;
      const int32_t last = static_cast<const arrow::Date32Scalar&>(*range.max).value;
      ASSERT_TRUE(first <= day && day <= last) << transform << " " << day;
      ASSERT_TRUE(ApplyTransform(field, *Date(first)).ValueOrDie()->Equals(*part));
      ASSERT_TRUE(ApplyTransform(field, *Date(last)).ValueOrDie()->Equals(*part));
      ASSERT_FALSE(ApplyTransform(field, *Date(first - 1)).ValueOrDie()->Equals(*part));
      ASSERT_FALSE(ApplyTransform(field, *Date(last + 1)).ValueOrDie()->Equals(*part));
    }
  }
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
  const auto part = ApplyTransform(Field("hour"), *Time(-1)).ValueOrDie();
  const ValueRange range = RangeOfPart(Field("hour"), type, *part);
  EXPECT_TRUE(range.min->Equals(*Time(-3600000000)));
  EXPECT_TRUE(range.max->Equals(*Time(-1)));
}

TEST(TransformTest, WhatDoesNotFollowIsUnknown) {
  const ValueRange bucket = RangeOfPart(Field("bucket[4]"), arrow::int64(), *MakeScalar(int32_t{3}));
  EXPECT_EQ(bucket.min, nullptr);
  const ValueRange text = RangeOfPart(Field("truncate[2]"), arrow::utf8(), *MakeScalar("ab"));
  EXPECT_TRUE(text.min->Equals(*MakeScalar("ab")));
  EXPECT_EQ(text.max, nullptr);
  const ValueRange number = RangeOfPart(Field("truncate[10]"), arrow::int32(), *MakeScalar(int32_t{-10}));
  EXPECT_TRUE(number.max->Equals(*MakeScalar(int32_t{-1})));
}

}  // namespace
}  // namespace pixlake::table
