#include "base/memory/memory_budget.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(MemoryBudgetTest, ManyThreadsNeverExceedTheLimit) {
  MemoryBudget budget(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&budget] {
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(budget.Acquire(300).ok());
        budget.Release(300);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0);
  EXPECT_LE(budget.peak(), 1000);
}

TEST(MemoryBudgetTest, OneTooLargeRequestIsLetThroughAlone) {
  MemoryBudget budget(10);
  ASSERT_TRUE(budget.Acquire(50).ok());
  budget.Release(50);
  EXPECT_EQ(budget.peak(), 50);
}

TEST(MemoryBudgetTest, CancelWakesAWaiter) {
  MemoryBudget budget(10);
  ASSERT_TRUE(budget.Acquire(10).ok());
  std::thread waiter([&] { EXPECT_EQ(CodeOf(budget.Acquire(10)), ErrorCode::kCancelled); });
  budget.Cancel();
  waiter.join();
}

TEST(MemoryBudgetTest, WhoDoesNotWaitHasRoomOrNone) {
  MemoryBudget budget(10);
  EXPECT_TRUE(budget.TryAcquire(20));  // alone
  EXPECT_FALSE(budget.TryAcquire(1));
  budget.Release(20);
  EXPECT_TRUE(budget.TryAcquire(6));
  EXPECT_FALSE(budget.TryAcquire(5));
  EXPECT_TRUE(budget.TryAcquire(4));
  EXPECT_EQ(budget.used(), 10);
  budget.Cancel();
  budget.Release(10);
  EXPECT_FALSE(budget.TryAcquire(1));
}

}  // namespace
}  // namespace pixlake
