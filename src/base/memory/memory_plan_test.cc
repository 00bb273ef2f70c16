#include "base/memory/memory_plan.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

constexpr Work kAll[] = {Work::kIngest,  Work::kDescribe, Work::kSql,
                         Work::kRewrite, Work::kLookUp,   Work::kReplay};

TEST(MemoryPlanTest, SharesAddUpToTheBudget) {
  for (const Work work : kAll) {
    for (int64_t budget = int64_t{32} << 20; budget <= int64_t{64} << 30; budget = budget * 5 / 3 + 12'345) {
      const MemoryPlan plan = MemoryPlan::For(work, budget);
      EXPECT_EQ(plan.sum(), budget);
      for (const int64_t share : {plan.decoders, plan.content, plan.fetch, plan.index, plan.duckdb,
                                  plan.writers, plan.footers, plan.snapshots, plan.ranges}) {
        EXPECT_GE(share, 0);
      }
      EXPECT_GE(plan.content, budget / 16);
      EXPECT_LE(plan.caches(), budget / 8);
    }
  }
}

TEST(MemoryPlanTest, CachesAreTheSameForAllWorkOfASession) {
  for (const Work work : kAll) {
    const MemoryPlan plan = MemoryPlan::For(work, int64_t{1} << 30);
    EXPECT_EQ(plan.footers, int64_t{32} << 20);
    EXPECT_EQ(plan.snapshots, int64_t{64} << 20);
    EXPECT_EQ(plan.ranges, int64_t{32} << 20);
  }
  EXPECT_EQ(MemoryPlan::For(Work::kSql, int64_t{64} << 30).snapshots, int64_t{128} << 20);
}

}  // namespace
}  // namespace pixlake
