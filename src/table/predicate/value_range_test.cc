#include "table/predicate/value_range.h"

#include <cmath>
#include <limits>

#include <arrow/scalar.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

namespace pixlake::table {
namespace {

using arrow::MakeScalar;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;

ValueRange Range(ScalarPtr min, ScalarPtr max, int64_t nulls = 0, int64_t rows = 10) {
  return ValueRange{std::move(min), std::move(max), nulls, rows};
}

// Of a column of the type that the bounds have, or that given.
bool MayAll(CompareOp op, std::vector<ScalarPtr> values, const ValueRange& range,
            std::shared_ptr<arrow::DataType> type = nullptr) {
  if (type == nullptr && (range.min != nullptr || range.max != nullptr))
    type = range.min != nullptr ? range.min->type : range.max->type;
  if (type == nullptr) type = arrow::int32();
  const auto schema = arrow::schema({arrow::field("c", type)});
  const auto bound = BoundPredicate::Bind(Compare({"c"}, op, std::move(values)), *schema);
  return bound.MayMatch([&](size_t i) { return MayMatch(bound.tests()[i], range); });
}

bool May(CompareOp op, ScalarPtr value, const ValueRange& range) {
  return MayAll(op, {std::move(value)}, range);
}

bool MayTest(CompareOp op, const ValueRange& range) {
  return MayAll(op, {}, range);
}

ScalarPtr Decimal(int64_t unscaled, int precision, int scale) {
  return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(unscaled),
                                                   arrow::decimal128(precision, scale));
}

ScalarPtr Timestamp(int64_t value, arrow::TimeUnit::type unit, const std::string& zone) {
  return std::make_shared<arrow::TimestampScalar>(value, arrow::timestamp(unit, zone));
}

TEST(MayMatch, ComparesIntegersAtTheBounds) {
  const auto range = Range(MakeScalar(int64_t{10}), MakeScalar(int64_t{20}));
  const struct {
    CompareOp op;
    int64_t value;
    bool expected;
  } cases[] = {
      {CompareOp::kEq, 9, false},  {CompareOp::kEq, 10, true},  {CompareOp::kEq, 20, true},
      {CompareOp::kEq, 21, false}, {CompareOp::kLt, 10, false}, {CompareOp::kLt, 11, true},
      {CompareOp::kLe, 9, false},  {CompareOp::kLe, 10, true},  {CompareOp::kGt, 20, false},
      {CompareOp::kGt, 19, true},  {CompareOp::kGe, 21, false}, {CompareOp::kGe, 20, true},
      {CompareOp::kNe, 10, true},  {CompareOp::kNe, 99, true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(May(c.op, MakeScalar(c.value), range), c.expected) << static_cast<int>(c.op) << " " << c.value;
    EXPECT_EQ(May(c.op, MakeScalar(static_cast<int8_t>(c.value)), range), c.expected);
  }
}

TEST(MayMatch, NotEqualIsFalseOnlyWhenAllValuesAreThatOne) {
  EXPECT_FALSE(May(CompareOp::kNe, MakeScalar(7), Range(MakeScalar(7), MakeScalar(7))));
  EXPECT_FALSE(May(CompareOp::kNe, MakeScalar(7), Range(MakeScalar(7), MakeScalar(7), 3)));
  EXPECT_TRUE(May(CompareOp::kNe, MakeScalar(7), Range(MakeScalar(7), nullptr)));
}

TEST(MayMatch, NoComparisonIsTrueOfNulls) {
  const auto all_null = Range(nullptr, nullptr, 10, 10);
  for (CompareOp op : {CompareOp::kEq, CompareOp::kNe, CompareOp::kLt, CompareOp::kLe, CompareOp::kGt,
                       CompareOp::kGe, CompareOp::kIn}) {
    EXPECT_FALSE(May(op, MakeScalar(1), all_null));
  }
  EXPECT_TRUE(MayTest(CompareOp::kIsNull, all_null));
  EXPECT_FALSE(MayTest(CompareOp::kIsNotNull, all_null));
}

TEST(MayMatch, NullTestsFollowTheNullCount) {
  EXPECT_FALSE(MayTest(CompareOp::kIsNull, Range(nullptr, nullptr, 0)));
  EXPECT_TRUE(MayTest(CompareOp::kIsNull, Range(nullptr, nullptr, 1)));
  EXPECT_TRUE(MayTest(CompareOp::kIsNull, Range(nullptr, nullptr, -1)));
  EXPECT_TRUE(MayTest(CompareOp::kIsNotNull, Range(nullptr, nullptr, 9)));
  EXPECT_TRUE(MayTest(CompareOp::kIsNotNull, Range(nullptr, nullptr, 10, -1)));
}

TEST(MayMatch, NothingMatchesInNoRows) {
  EXPECT_FALSE(MayTest(CompareOp::kIsNull, Range(nullptr, nullptr, -1, 0)));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(1), Range(nullptr, nullptr, -1, 0)));
}

TEST(MayMatch, UnknownBoundsMatch) {
  EXPECT_TRUE(May(CompareOp::kEq, MakeScalar(1), ValueRange{}));
  EXPECT_TRUE(May(CompareOp::kLt, MakeScalar(1), Range(nullptr, MakeScalar(9))));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(10), Range(nullptr, MakeScalar(9))));
}

TEST(MayMatch, AFloatColumnMayHideNanAboveItsMaximum) {
  const auto range = Range(MakeScalar(1.0), MakeScalar(2.0));
  EXPECT_TRUE(May(CompareOp::kGt, MakeScalar(5.0), range));
  EXPECT_TRUE(May(CompareOp::kGe, MakeScalar(5), range));
  EXPECT_TRUE(May(CompareOp::kNe, MakeScalar(1.0), Range(MakeScalar(1.0), MakeScalar(1.0))));
  EXPECT_FALSE(May(CompareOp::kLt, MakeScalar(1.0), range));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(5.0), range));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (CompareOp op : {CompareOp::kEq, CompareOp::kLt, CompareOp::kGt, CompareOp::kIn}) {
    EXPECT_TRUE(May(op, MakeScalar(nan), range));
    EXPECT_TRUE(May(op, MakeScalar(5.0), Range(MakeScalar(nan), MakeScalar(nan))));
  }
}

TEST(MayMatch, InMatchesWhenAnyValueMay) {
  const auto range = Range(MakeScalar(10), MakeScalar(20));
  EXPECT_FALSE(MayAll(CompareOp::kIn, {MakeScalar(1), MakeScalar(30)}, range));
  EXPECT_TRUE(MayAll(CompareOp::kIn, {MakeScalar(1), MakeScalar(15)}, range));
}

TEST(MayMatch, NotInIsFalseOnlyWhenAllValuesAreOneOfThem) {
  const auto one = Range(MakeScalar(10), MakeScalar(10), 2);
  EXPECT_FALSE(MayAll(CompareOp::kNotIn, {MakeScalar(1), MakeScalar(10)}, one));
  EXPECT_TRUE(
      MayAll(CompareOp::kNotIn, {MakeScalar(1), MakeScalar(10)}, Range(MakeScalar(1), MakeScalar(10))));
  EXPECT_FALSE(MayAll(CompareOp::kNotIn, {MakeScalar(1), arrow::MakeNullScalar(arrow::int32())}, one));
  EXPECT_FALSE(MayAll(CompareOp::kEq, {arrow::MakeNullScalar(arrow::int32())}, one));
}

TEST(MayMatch, PrefixesAreBetweenTheBounds) {
  const auto range = Range(MakeScalar("abc"), MakeScalar("abx"));
  for (const char* prefix : {"", "a", "ab", "abc", "abf", "abx", "abcd"})
    EXPECT_TRUE(May(CompareOp::kStartsWith, MakeScalar(prefix), range)) << prefix;
  for (const char* prefix : {"aa", "abb", "abbz", "aby", "b", "abxyz"})
    EXPECT_FALSE(May(CompareOp::kStartsWith, MakeScalar(prefix), range)) << prefix;
  for (const char* prefix : {"", "a", "ab"}) {
    EXPECT_FALSE(May(CompareOp::kNotStartsWith, MakeScalar(prefix), range)) << prefix;
    ValueRange loose = range;
    loose.loose = true;
    EXPECT_TRUE(May(CompareOp::kNotStartsWith, MakeScalar(prefix), loose)) << prefix;
    EXPECT_TRUE(May(CompareOp::kNotStartsWith, MakeScalar(prefix), Range(MakeScalar("abc"), nullptr)));
  }
  EXPECT_TRUE(May(CompareOp::kNotStartsWith, MakeScalar("abc"), range));
}

TEST(MayMatch, AShortDecimalMayBeTheMaximumOfAFloat) {
  const auto written = Range(MakeScalar(0.1), MakeScalar(0.1));
  const auto real = MakeScalar(static_cast<double>(0.1F));
  EXPECT_TRUE(MayAll(CompareOp::kEq, {real}, written, arrow::float32()));
  EXPECT_FALSE(MayAll(CompareOp::kEq, {MakeScalar(0.25)}, written, arrow::float32()));
}

TEST(MayMatch, ComparesTextsByBytes) {
  const auto range = Range(MakeScalar("b"), MakeScalar("d"));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar("a"), range));
  EXPECT_FALSE(May(CompareOp::kGt, MakeScalar("d"), range));
  EXPECT_TRUE(May(CompareOp::kGt, MakeScalar("c\xC3\xBC"), range));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar("\xC3\xBC"), range));
}

TEST(MayMatch, ComparesNumbersOfDifferentTypesOnlyWhereExact) {
  const auto ints = Range(MakeScalar(int64_t{10}), MakeScalar(int64_t{20}));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(20.5), ints));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(19.5), ints)) << "no whole number is";
  EXPECT_TRUE(May(CompareOp::kNe, MakeScalar(19.5), Range(MakeScalar(19), MakeScalar(19))));
  EXPECT_FALSE(May(CompareOp::kGt, MakeScalar(19.5), Range(MakeScalar(1), MakeScalar(19))));
  EXPECT_TRUE(May(CompareOp::kLt, MakeScalar(19.5), Range(MakeScalar(19), MakeScalar(20))));
  EXPECT_FALSE(May(CompareOp::kGt, Decimal(2050, 4, 2), ints));
  const int64_t big = (int64_t{1} << 53) + 1;
  EXPECT_TRUE(May(CompareOp::kEq, MakeScalar(9007199254740992.0), Range(MakeScalar(big), MakeScalar(big))));
  const auto doubles = Range(MakeScalar(0.5), MakeScalar(1.5));
  EXPECT_FALSE(May(CompareOp::kLt, Decimal(50, 3, 2), doubles));
  EXPECT_TRUE(May(CompareOp::kLt, Decimal(4, 2, 1), doubles)) << "0.4 is no double";
}

TEST(MayMatch, ComparesDecimalsOfDifferentScale) {
  const auto range = Range(Decimal(100, 10, 2), Decimal(250, 10, 2));
  EXPECT_FALSE(May(CompareOp::kGt, Decimal(25, 2, 1), range));
  EXPECT_TRUE(May(CompareOp::kGe, Decimal(25, 2, 1), range));
  EXPECT_FALSE(May(CompareOp::kLt, MakeScalar(1), range));
}

TEST(MayMatch, ComparesTimesAcrossUnitsButNotAcrossZones) {
  using arrow::TimeUnit;
  const auto utc = Range(Timestamp(1000, TimeUnit::MILLI, "UTC"), Timestamp(2000, TimeUnit::MILLI, "UTC"));
  EXPECT_FALSE(May(CompareOp::kGt, Timestamp(2000000, TimeUnit::MICRO, "UTC"), utc));
  EXPECT_TRUE(May(CompareOp::kGt, Timestamp(2000000, TimeUnit::MICRO, ""), utc));
  const auto naive = Range(Timestamp(0, TimeUnit::MICRO, ""), Timestamp(1, TimeUnit::MICRO, ""));
  EXPECT_FALSE(May(CompareOp::kGe, std::make_shared<arrow::Date32Scalar>(1), naive));
  EXPECT_TRUE(May(CompareOp::kGe, std::make_shared<arrow::Date32Scalar>(1), utc));
}

TEST(MayMatch, TypesThatHaveNoOrderBetweenThemMatch) {
  EXPECT_TRUE(May(CompareOp::kEq, MakeScalar("5"), Range(MakeScalar(1), MakeScalar(2))));
  EXPECT_TRUE(May(CompareOp::kEq, MakeScalar(true), Range(MakeScalar(1), MakeScalar(2))));
  EXPECT_FALSE(May(CompareOp::kEq, MakeScalar(true), Range(MakeScalar(false), MakeScalar(false))));
}

}  // namespace
}  // namespace pixlake::table
