#include "engine/session.h"

#include <gtest/gtest.h>

namespace pixlake::engine {
namespace {

TEST(SessionTest, RefusesBudgetsItCannotKeep) {
  SessionOptions options;
  options.memory_bytes = 1000;
  EXPECT_EQ(CodeOf(MakeSession(options).status()), ErrorCode::kUsage);
  options.memory_bytes = 0;
  options.threads = -1;
  EXPECT_EQ(CodeOf(MakeSession(options).status()), ErrorCode::kUsage);
}

TEST(SessionTest, DefaultsComeFromTheMachine) {
  const auto session = MakeSession(SessionOptions()).ValueOrDie();
  EXPECT_GE(session->threads(), 1);
  EXPECT_GE(session->memory_bytes(), int64_t{32} << 20);
}

TEST(SessionTest, NoTableIsNotFoundAndNamesTheFormats) {
  const auto session = MakeSession(SessionOptions()).ValueOrDie();
  const Status status = session->OpenTable(testing::TempDir() + "/no_table_here").status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_NE(status.message().find("delta"), std::string::npos);
}

TEST(SessionTest, IsTheOperatingSystemsUserUnlessToldOtherwise) {
  EXPECT_EQ(MakeSession(SessionOptions()).ValueOrDie()->principal().name, OperatingSystemUser().name);
  SessionOptions options;
  options.principal = Principal{"ada", {"readers"}};
  const auto session = MakeSession(options).ValueOrDie();
  EXPECT_EQ(session->principal().name, "ada");
  EXPECT_EQ(session->WithLake("elsewhere").ValueOrDie()->principal().groups, options.principal->groups);
}

TEST(SessionTest, StopsWithWhoeverMadeIt) {
  StopSource above;
  SessionOptions options;
  options.stop = above.token();
  const auto session = MakeSession(options).ValueOrDie();
  const auto child = session->WithLake("elsewhere").ValueOrDie();
  child->Stop();
  EXPECT_FALSE(session->stop_token().stopped());
  above.Stop();
  EXPECT_TRUE(session->stop_token().stopped());
}

TEST(SessionTest, WritesNowhereWithoutAnOutput) {
  const auto session = MakeSession(SessionOptions()).ValueOrDie();
  EXPECT_EQ(CodeOf(session->output().status()), ErrorCode::kUsage);
}

}  // namespace
}  // namespace pixlake::engine
