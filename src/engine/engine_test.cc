#include "engine/engine.h"

#include <gtest/gtest.h>

namespace pixlake::engine {
namespace {

TEST(EngineTest, RefusesBudgetsItCannotKeep) {
  EngineOptions options;
  options.memory_bytes = 1000;
  EXPECT_EQ(CodeOf(Engine::Make(options).status()), ErrorCode::kUsage);
  options.memory_bytes = 0;
  options.threads = -1;
  EXPECT_EQ(CodeOf(Engine::Make(options).status()), ErrorCode::kUsage);
}

TEST(EngineTest, DefaultsComeFromTheMachine) {
  const auto engine = Engine::Make({}).ValueOrDie();
  EXPECT_GE(engine->threads(), 1);
  EXPECT_GE(engine->memory_bytes(), int64_t{32} << 20);
}

TEST(EngineTest, NoTableIsNotFoundAndNamesTheFormats) {
  const auto engine = Engine::Make({}).ValueOrDie();
  const Status status = engine->OpenTable(testing::TempDir() + "/no_table_here").status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_NE(status.message().find("delta"), std::string::npos);
}

}  // namespace
}  // namespace pixlake::engine
