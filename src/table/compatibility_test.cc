#include "table/compatibility.h"

#include <arrow/type.h>
#include <gmock/gmock.h>

#include "testing/matchers.h"

namespace pixlake::table {
namespace {

using arrow::field;
using test::FailsWith;
using test::IsOk;
using testing::HasSubstr;

struct Case {
  const char* what;
  arrow::FieldVector before, after;
  const char* rule;  // as Confluent's schema registry has it for Avro
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.what;
}

class CompareSchemasTest : public testing::TestWithParam<Case> {};

TEST_P(CompareSchemasTest, SaysWhichReadersGoOn) {
  const Case& one = GetParam();
  EXPECT_EQ(CompareSchemas(*arrow::schema(one.before), *arrow::schema(one.after)).rule(), one.rule);
}

const auto kInt = arrow::int32(), kLong = arrow::int64(), kText = arrow::utf8();

INSTANTIATE_TEST_SUITE_P(
    , CompareSchemasTest,
    testing::Values(
        Case{"nothing", {field("a", kInt)}, {field("a", kInt)}, "full"},
        Case{"order and case",
             {field("a", kInt), field("b", kInt)},
             {field("B", kInt), field("a", kInt)},
             "full"},
        Case{"optional added", {field("a", kInt)}, {field("a", kInt), field("b", kText)}, "full"},
        Case{"required added", {field("a", kInt)}, {field("a", kInt), field("b", kText, false)}, "forward"},
        Case{"optional gone", {field("a", kInt), field("b", kText)}, {field("a", kInt)}, "full"},
        Case{"required gone", {field("a", kInt), field("b", kText, false)}, {field("a", kInt)}, "backward"},
        Case{"wider", {field("a", kInt)}, {field("a", kLong)}, "backward"},
        Case{"narrower", {field("a", kLong)}, {field("a", kInt)}, "forward"},
        Case{"float to double", {field("a", arrow::float32())}, {field("a", arrow::float64())}, "backward"},
        Case{"long to double", {field("a", kLong)}, {field("a", arrow::float64())}, "none"},
        Case{"other", {field("a", kInt)}, {field("a", kText)}, "none"},
        Case{"more digits",
             {field("a", arrow::decimal128(5, 2))},
             {field("a", arrow::decimal128(7, 3))},
             "backward"},
        Case{"fewer before the point",
             {field("a", arrow::decimal128(5, 2))},
             {field("a", arrow::decimal128(5, 3))},
             "none"},
        Case{"may be null", {field("a", kInt, false)}, {field("a", kInt)}, "backward"},
        Case{"may not be null", {field("a", kInt)}, {field("a", kInt, false)}, "forward"},
        Case{"within a struct",
             {field("s", arrow::struct_({field("x", kInt)}))},
             {field("s", arrow::struct_({field("x", kLong), field("y", kInt, false)}))},
             "none"},
        Case{"within a list", {field("l", arrow::list(kInt))}, {field("l", arrow::list(kLong))}, "backward"},
        Case{"within a map",
             {field("m", arrow::map(kText, kInt))},
             {field("m", arrow::map(kText, kText))},
             "none"}));

TEST(CheckCompatibleTest, SaysWhatIsInTheWay) {
  const auto before = arrow::schema({field("a", kInt)}), after = arrow::schema({field("a", kLong)});
  const SchemaCompatibility change = CompareSchemas(*before, *after);
  EXPECT_THAT(CheckCompatible("backward", change), IsOk());
  EXPECT_THAT(CheckCompatible("none", change), IsOk());
  for (const char* rule : {"forward", "full"})
    EXPECT_THAT(CheckCompatible(rule, change),
                FailsWith(ErrorCode::kSchemaMismatch, "`a` is int64 and was int32"));
  EXPECT_THAT(CheckCompatibilityRule("ful"),
              FailsWith(ErrorCode::kUsage, "expected backward, forward, full or none"));
}

}  // namespace
}  // namespace pixlake::table
