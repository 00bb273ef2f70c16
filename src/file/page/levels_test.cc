#include "file/page/levels.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::file {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<LeafColumn> Shredded(const std::shared_ptr<arrow::Field>& field, const char* json) {
  const auto array = arrow::json::ArrayFromJSONString(field->type(), json).ValueOrDie();
  std::vector<LeafColumn> leaves;
  EXPECT_TRUE(ShredLevels(*field, array, &leaves).ok());
  return leaves;
}

TEST(LevelsTest, AFlatRequiredColumnHasNoLevels) {
  const auto leaves = Shredded(arrow::field("x", arrow::int32(), false), "[1, 2, 3]");
  ASSERT_EQ(leaves.size(), 1u);
  EXPECT_THAT(leaves[0].definition_levels, IsEmpty());
  EXPECT_EQ(leaves[0].num_levels, 3);
}

// The example of the Dremel paper's levels, as a list of lists (Twitter's write-up
// of Dremel gives the same levels for [[a,b,c],[d,e,f,g]], [[h],[i,j]]).
TEST(LevelsTest, ListsOfListsRepeatAtTheirDepth) {
  const auto inner = arrow::list(arrow::field("element", arrow::utf8(), false));
  const auto field = arrow::field("x", arrow::list(arrow::field("element", inner, false)), false);
  const auto leaves = Shredded(field, R"([[["a","b","c"],["d","e","f","g"]],[["h"],["i","j"]]])");
  ASSERT_EQ(leaves.size(), 1u);
  EXPECT_THAT(leaves[0].repetition_levels, ElementsAre(0, 2, 2, 1, 2, 2, 2, 0, 1, 2));
  EXPECT_THAT(leaves[0].definition_levels, ElementsAre(2, 2, 2, 2, 2, 2, 2, 2, 2, 2));
}

TEST(LevelsTest, EmptyAndNullListsEndAtTheirLevel) {
  const auto field = arrow::field("x", arrow::list(arrow::field("element", arrow::int32(), true)), true);
  const auto leaves = Shredded(field, "[[1, null], [], null, [2]]");
  EXPECT_THAT(leaves[0].definition_levels, ElementsAre(3, 2, 1, 0, 3));
  EXPECT_THAT(leaves[0].repetition_levels, ElementsAre(0, 1, 0, 0, 0));
  EXPECT_EQ(leaves[0].values->length(), 3);  // no slot for empty and null lists
}

TEST(LevelsTest, ANullStructKeepsItsSlot) {
  const auto type =
      arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::int32(), false)});
  const auto leaves = Shredded(arrow::field("s", type), R"([{"a": 1, "b": 2}, null, {"a": null, "b": 3}])");
  ASSERT_EQ(leaves.size(), 2u);
  EXPECT_THAT(leaves[0].definition_levels, ElementsAre(2, 0, 1));
  EXPECT_THAT(leaves[1].definition_levels, ElementsAre(1, 0, 1));
  EXPECT_EQ(leaves[0].values->length(), 3);
}

TEST(LevelsTest, ANullWhereNoneMayBeIsRefused) {
  const auto field = arrow::field("x", arrow::int32(), false);
  const auto array = arrow::json::ArrayFromJSONString(arrow::int32(), "[1, null]").ValueOrDie();
  std::vector<LeafColumn> leaves;
  EXPECT_EQ(CodeOf(ShredLevels(*field, array, &leaves)), ErrorCode::kSchemaMismatch);
}

}  // namespace
}  // namespace pixlake::file
