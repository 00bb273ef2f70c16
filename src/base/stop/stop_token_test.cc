#include "base/stop/stop_token.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(StopTokenTest, OfNoSourceNeverStops) {
  EXPECT_FALSE(StopToken().stopped());
  EXPECT_EQ(CheckStopped(), Status::OK());
}

TEST(StopTokenTest, StopsItsOwnWorkAndNoOther) {
  StopSource one, other;
  one.Stop();
  EXPECT_EQ(CodeOf(one.token().Check()), ErrorCode::kCancelled);
  EXPECT_EQ(other.token().Check(), Status::OK());
}

TEST(StopTokenTest, StopsWithTheSourceAboveItAndNotTheOtherWay) {
  StopSource above;
  StopSource one(above.token()), other(above.token());
  one.Stop();
  EXPECT_FALSE(above.token().stopped());
  EXPECT_FALSE(other.token().stopped());
  above.Stop();
  EXPECT_EQ(CodeOf(other.token().Check()), ErrorCode::kCancelled);
}

TEST(StopTokenTest, ScopesNestAndEnd) {
  StopSource outer, inner;
  outer.Stop();
  const StopScope first(outer.token());
  {
    const StopScope second(inner.token());
    EXPECT_EQ(CheckStopped(), Status::OK());
  }
  EXPECT_EQ(CodeOf(CheckStopped()), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pixlake
