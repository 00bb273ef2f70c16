#include "table/rewrite/zorder_curve.h"

#include <random>

#include <arrow/api.h>
#include <arrow/compute/initialize.h>
#include <gtest/gtest.h>

namespace pixlake::table {
namespace {

// A grid of points in random order.
std::shared_ptr<arrow::RecordBatch> Grid(int side) {
  std::vector<std::pair<int, int>> points;
  for (int x = 0; x < side; ++x) {
    for (int y = 0; y < side; ++y) points.emplace_back(x, y);
  }
  std::shuffle(points.begin(), points.end(), std::mt19937(3));
  arrow::Int64Builder xs;
  arrow::StringBuilder ys;
  for (const auto& [x, y] : points) {
    EXPECT_TRUE(xs.Append(x * x * x).ok() && ys.Append(std::string(1, static_cast<char>('A' + y))).ok());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("x", arrow::int64()), arrow::field("y", arrow::utf8())}),
      static_cast<int64_t>(points.size()), {*xs.Finish(), *ys.Finish()});
}

TEST(ZOrderCurve, NeighboursOnTheCurveAreNeighboursInEveryColumn) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  const auto grid = Grid(32);
  const auto keys = ZOrderCurve::Make(*grid).ValueOrDie().Keys(*grid).ValueOrDie();
  std::vector<int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return keys[a] < keys[b]; });
  // In 16 files of 64 rows, a quarter of each axis is met: sorting by one column alone
  // would leave all of the other in each.
  const auto& x = static_cast<const arrow::Int64Array&>(*grid->column(0));
  const auto& y = static_cast<const arrow::StringArray&>(*grid->column(1));
  for (size_t file = 0; file < 16; ++file) {
    std::set<int64_t> xs;
    std::set<std::string> ys;
    for (size_t i = 64 * file; i < 64 * (file + 1); ++i) {
      xs.insert(x.Value(order[i]));
      ys.insert(y.GetString(order[i]));
    }
    EXPECT_LE(xs.size(), 10U);
    EXPECT_LE(ys.size(), 10U);
  }
}

TEST(ZOrderCurve, NullsStandWithTheLowestAndNanLast) {
  arrow::DoubleBuilder values;
  ASSERT_TRUE(values.AppendValues({2.0, std::nan(""), -1.0}).ok() && values.AppendNull().ok());
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("d", arrow::float64())}), 4, {*values.Finish()});
  const auto keys = ZOrderCurve::Make(*batch).ValueOrDie().Keys(*batch).ValueOrDie();
  EXPECT_EQ(keys[3], keys[2]);
  EXPECT_LT(keys[2], keys[0]);
  EXPECT_LT(keys[0], keys[1]);
}

TEST(ZOrderCurve, RefusesWhatHasNoOrder) {
  EXPECT_FALSE(HasOrder(*arrow::binary()));
  EXPECT_FALSE(HasOrder(*arrow::list(arrow::int32())));
  EXPECT_TRUE(HasOrder(*arrow::date32()));
}

}  // namespace
}  // namespace pixlake::table
