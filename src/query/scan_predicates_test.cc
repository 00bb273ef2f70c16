#include <arrow/api.h>
#include <gtest/gtest.h>

#include "query/scan_predicates_internal.h"

namespace pixlake::query {
namespace {

// What skipping does to answers is tested in tests/sql/pruning.test; here are trees
// that no query of today makes.

TEST(ExtractScanPredicates, TreesOfAnotherShapeGiveNothing) {
  for (const char* tree :
       {"", "{", "[]", "7", "{}", R"({"error":true})", R"({"error":false})",
        R"({"error":false,"statements":7})", R"({"error":false,"statements":[{}]})",
        R"({"error":false,"statements":[{"node":{"type":"SELECT_NODE","where_clause":3,"from_table":4}}]})",
        R"({"error":false,"statements":[{"node":{"type":"SELECT_NODE","where_clause":{"class":"BETWEEN"},)"
        R"("from_table":{"type":"BASE_TABLE","table_name":"t","column_name_alias":[]}}}]})"}) {
    EXPECT_TRUE(ExtractScanPredicates(tree, {"delta_scan"}).empty()) << tree;
  }
}

table::Predicate One(const std::string& column, std::shared_ptr<arrow::Scalar> value) {
  return {{{{column}, table::CompareOp::kEq, {std::move(value)}}}};
}

TEST(BindPredicate, DropsWhatTheSchemaDoesNotHave) {
  const auto schema = arrow::schema({arrow::field("Id", arrow::int64())});
  EXPECT_EQ(BindPredicate(One("iD", arrow::MakeScalar(1)), *schema).all_of[0].column[0], "Id");
  EXPECT_TRUE(BindPredicate(One("other", arrow::MakeScalar(1)), *schema).all_of.empty());
}

TEST(BindPredicate, KeepsOnlyLiteralsThatAreExactBesideAFloat) {
  const auto schema = arrow::schema({arrow::field("f", arrow::float32())});
  const auto kept = [&](std::shared_ptr<arrow::Scalar> value) {
    return !BindPredicate(One("f", std::move(value)), *schema).all_of.empty();
  };
  EXPECT_TRUE(kept(arrow::MakeScalar(int64_t{16777216})));
  EXPECT_FALSE(kept(arrow::MakeScalar(int64_t{16777217})));
  EXPECT_TRUE(kept(arrow::MakeScalar(0.25)));
  EXPECT_FALSE(kept(arrow::MakeScalar(0.1)));
  const auto decimal = [](int64_t unscaled) {
    return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(unscaled), arrow::decimal128(9, 1));
  };
  EXPECT_TRUE(kept(decimal(4995)));
  EXPECT_FALSE(kept(decimal(1)));
}

TEST(BindPredicate, ReadsTextsBesideDates) {
  const auto schema = arrow::schema({arrow::field("d", arrow::date32())});
  const auto bound = BindPredicate(One("d", arrow::MakeScalar("1970-01-03")), *schema);
  EXPECT_TRUE(bound.all_of[0].values[0]->Equals(arrow::Date32Scalar(2)));
  EXPECT_TRUE(BindPredicate(One("d", arrow::MakeScalar("not a day!")), *schema).all_of.empty());
}

}  // namespace
}  // namespace pixlake::query
