#include "io/local_store.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include <arrow/io/interfaces.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pixlake::io {
namespace {

namespace fs = std::filesystem;

class LocalStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_io_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    store_ = MakeLocalStore();
  }
  void TearDown() override { fs::remove_all(folder_); }

  size_t FilesInFolder() const {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(LocalStoreTest, PutIfAbsentHasOneWinnerAmongRacers) {
  std::atomic<int> winners{0}, losers{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const Status status = store_->PutIfAbsent(folder_ + "/log/0.json", "writer " + std::to_string(t));
      status.ok() ? ++winners : ++losers;
      if (!status.ok()) {
        EXPECT_EQ(CodeOf(status), ErrorCode::kAlreadyExists);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, 7);
  EXPECT_EQ(FilesInFolder(), 1u);  // no temporary file stays
}

TEST_F(LocalStoreTest, AFileIsVisibleOnlyOnceClosed) {
  const std::string path = folder_ + "/a/b/data.bin";
  auto file = store_->Create(path).ValueOrDie();
  ASSERT_TRUE(file->stream()->Write("hello ", 6).ok());
  EXPECT_FALSE(store_->Exists(path).ValueOrDie());
  ASSERT_TRUE(file->stream()->Write(std::string(1 << 20, 'x').data(), 1 << 20).ok());
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(store_->Stat(path).ValueOrDie().size, 6 + (1 << 20));
  auto input = store_->OpenInput(path).ValueOrDie();
  EXPECT_EQ(input->ReadAt(4, 4).ValueOrDie()->ToString(), "o xx");
}

TEST_F(LocalStoreTest, AnAbandonedFileLeavesNothing) {
  {
    auto file = store_->Create(folder_ + "/x").ValueOrDie();
    ASSERT_TRUE(file->stream()->Write("abc", 3).ok());
  }
  EXPECT_EQ(FilesInFolder(), 0u);
}

TEST_F(LocalStoreTest, CloseNeverOverwrites) {
  auto first = store_->Create(folder_ + "/x").ValueOrDie();
  auto second = store_->Create(folder_ + "/x").ValueOrDie();
  ASSERT_TRUE(first->Close().ok());
  EXPECT_EQ(CodeOf(second->Close()), ErrorCode::kAlreadyExists);
}

TEST_F(LocalStoreTest, ListsFromAName) {
  for (const char* name : {"b", "a", "c", "d"}) ASSERT_TRUE(store_->Put(folder_ + "/l/" + name, name).ok());
  const auto found = store_->List(folder_ + "/l", "b").ValueOrDie();
  std::vector<std::string> paths;
  for (const ObjectInfo& info : found) paths.push_back(info.path);
  EXPECT_THAT(paths, testing::ElementsAre(folder_ + "/l/b", folder_ + "/l/c", folder_ + "/l/d"));
  EXPECT_TRUE(store_->List(folder_ + "/nowhere").ValueOrDie().empty());
}

TEST_F(LocalStoreTest, ErrorsKeepTheirMeaning) {
  EXPECT_EQ(CodeOf(store_->OpenInput(folder_ + "/no").status()), ErrorCode::kNotFound);
  EXPECT_FALSE(store_->OpenInput(folder_).ok());
  ASSERT_TRUE(store_->Put(folder_ + "/file", "12345").ok());
  EXPECT_EQ(CodeOf(store_->ReadAll(folder_ + "/file", 4).status()), ErrorCode::kOverBudget);
  EXPECT_EQ(CodeOf(store_->Create(folder_ + "/file/below").status()), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(store_->Delete(folder_ + "/no").ok());
}

TEST_F(LocalStoreTest, AFileSizeLimitIsNoSpaceAndLeavesNothing) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{64 << 10, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string large(1 << 20, 'x');
  const Status put = store_->PutIfAbsent(folder_ + "/large", large);
  auto file = store_->Create(folder_ + "/data").ValueOrDie();
  Status write = file->stream()->Write(large.data(), static_cast<int64_t>(large.size()));
  if (write.ok()) write = file->Close();  // written behind: the error may come last
  file.reset();
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(CodeOf(put), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf(write), ErrorCode::kNoSpace);
  EXPECT_EQ(FilesInFolder(), 0u);
}

}  // namespace
}  // namespace pixlake::io
