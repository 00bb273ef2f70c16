#include "base/result.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(ResultTest, CodeSurvivesContext) {
  const Status status = WithContext(Error(ErrorCode::kCommitConflict, "lost"), "appending to t");
  EXPECT_EQ(CodeOf(status), ErrorCode::kCommitConflict);
  EXPECT_EQ(status.message(), "appending to t: lost");
}

TEST(ResultTest, ArrowsOwnErrorsMapToTheNearestCode) {
  EXPECT_EQ(CodeOf(Status::IOError("x")), ErrorCode::kIo);
  EXPECT_EQ(CodeOf(Status::OutOfMemory("x")), ErrorCode::kOverBudget);
  EXPECT_EQ(CodeOf(Status::Invalid("x")), ErrorCode::kCorrupt);
}

TEST(ResultTest, ErrnoKeepsItsMeaning) {
  EXPECT_EQ(CodeOf(ErrnoError(ENOSPC, "writing", "/a")), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf(ErrnoError(EACCES, "writing", "/a")), ErrorCode::kPermission);
  EXPECT_EQ(CodeOf(ErrnoError(ENOENT, "opening", "/a")), ErrorCode::kNotFound);
  EXPECT_NE(ErrnoError(ENOENT, "opening", "/a").message().find("opening /a: "), std::string::npos);
}

TEST(ResultTest, OnlyIoAndUnknownStateAreWorthARetry) {
  EXPECT_TRUE(RetryHelps(Error(ErrorCode::kIo, "")));
  EXPECT_TRUE(RetryHelps(Error(ErrorCode::kCommitStateUnknown, "")));
  EXPECT_FALSE(RetryHelps(Error(ErrorCode::kCorrupt, "")));
}

}  // namespace
}  // namespace pixlake
