#include "ingest/png_tree.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace pixlake::ingest {
namespace {

namespace fs = std::filesystem;

class PngTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_tree_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }
  static std::span<const uint8_t> Bytes(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }
  std::string Slurp(const std::string& name) const {
    std::ifstream file(root_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root_;
};

TEST_F(PngTreeTest, WritesOnceAndLeavesEqualFilesAlone) {
  auto tree = PngTree::Make(root_ + "/a/b").ValueOrDie();
  ASSERT_TRUE(tree->Write("7", "x.png", Bytes("seven")).ok());
  const auto before = fs::last_write_time(root_ + "/a/b/7/x.png");
  ASSERT_TRUE(tree->Write("7", "x.png", Bytes("seven")).ok());
  EXPECT_EQ(fs::last_write_time(root_ + "/a/b/7/x.png"), before);
}

TEST_F(PngTreeTest, ReplacesWhatACrashLeft) {
  auto tree = PngTree::Make(root_).ValueOrDie();
  for (const char* left : {"", "sev", "other", "seventeen"}) {
    fs::create_directories(root_ + "/7");
    std::ofstream(root_ + "/7/x.png") << left;
    ASSERT_TRUE(tree->Write("7", "x.png", Bytes("seven")).ok());
    EXPECT_EQ(Slurp("7/x.png"), "seven");
  }
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_ + "/7")) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(PngTreeTest, NeverWritesThroughALink) {
  auto tree = PngTree::Make(root_).ValueOrDie();
  std::ofstream(root_ + "/victim") << "keep";
  fs::create_directories(root_ + "/7");
  fs::create_symlink(root_ + "/victim", root_ + "/7/x.png");
  ASSERT_TRUE(tree->Write("7", "x.png", Bytes("seven")).ok());
  EXPECT_EQ(Slurp("victim"), "keep");
  EXPECT_EQ(Slurp("7/x.png"), "seven");
}

TEST_F(PngTreeTest, TwoAtTheSameMomentLeaveWholeFiles) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this] {
      auto tree = PngTree::Make(root_).ValueOrDie();
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(tree->Write("1", std::to_string(i), Bytes("content " + std::to_string(i))).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 500; ++i) EXPECT_EQ(Slurp("1/" + std::to_string(i)), "content " + std::to_string(i));
}

TEST_F(PngTreeTest, AFileWhereAFolderShouldBeIsAnError) {
  std::ofstream(root_ + "/7") << "x";
  auto tree = PngTree::Make(root_).ValueOrDie();
  EXPECT_EQ(CodeOf(tree->Write("7", "x.png", Bytes("seven"))), ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace pixlake::ingest
