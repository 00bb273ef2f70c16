#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/util/thread_pool.h>
#include <gtest/gtest.h>

#include "session/arrow_pools_internal.h"

namespace pixlake::session {
namespace {

TEST(ArrowPoolsTest, WhoComesOrGoesTakesNoThreadOfOneThatStays) {
  auto large = std::make_unique<ArrowPools>(5);
  ASSERT_EQ(large->status(), Status::OK());
  EXPECT_EQ(arrow::GetCpuThreadPoolCapacity(), 5);
  EXPECT_EQ(arrow::io::GetIOThreadPoolCapacity(), 10);
  {
    const ArrowPools small(1);
    EXPECT_EQ(arrow::GetCpuThreadPoolCapacity(), 5);
  }
  EXPECT_EQ(arrow::GetCpuThreadPoolCapacity(), 5);
  const ArrowPools staying(2);
  large.reset();
  EXPECT_EQ(arrow::GetCpuThreadPoolCapacity(), 2);
  EXPECT_EQ(arrow::io::GetIOThreadPoolCapacity(), 4);
}

}  // namespace
}  // namespace pixlake::session
