#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/uuid.h"
#include "io/write_behind_internal.h"

namespace pixlake::io {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = size_t{4} << 20;

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The folder, which is on a disk, and one in memory that refuses O_DIRECT.
class WriteBehindTest : public testing::TestWithParam<const char*> {
 protected:
  WriteBehindTest() : path_(fs::path(GetParam()) / ("write-behind-" + NewUuid())) {}
  ~WriteBehindTest() override { fs::remove(path_); }
  int Create() const { return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }
  const fs::path path_;
};

TEST_P(WriteBehindTest, WritesWhatItWasGivenWhateverTheSizes) {
  if (!fs::exists(GetParam())) GTEST_SKIP() << "NO " << GetParam();
  const std::string bytes = Pattern(3 * kBlock + 12345);
  for (const bool direct : {false, true}) {
    for (const size_t piece : {size_t{7777}, kBlock - 1, kBlock, 2 * kBlock + 1, bytes.size()}) {
      fs::remove(path_);
      WriteBehind file(Create(), path_.string(), direct);
      for (size_t at = 0; at < bytes.size(); at += piece) {
        const size_t size = std::min(piece, bytes.size() - at);
        ASSERT_TRUE(file.Write(bytes.data() + at, static_cast<int64_t>(size)).ok());
        ASSERT_EQ(file.position(), static_cast<int64_t>(at + size));
      }
      ASSERT_TRUE(file.Finish(direct).ok());
      ASSERT_TRUE(Contents(path_) == bytes) << piece << (direct ? " direct" : "");
    }
  }
}

TEST_P(WriteBehindTest, WritesShortAndEmptyFiles) {
  if (!fs::exists(GetParam())) GTEST_SKIP() << "NO " << GetParam();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4095}, kBlock}) {
    fs::remove(path_);
    const std::string bytes = Pattern(size);
    WriteBehind file(Create(), path_.string(), true);
    ASSERT_TRUE(file.Write(bytes.data(), static_cast<int64_t>(size)).ok());
    ASSERT_TRUE(file.Finish(true).ok());
    ASSERT_TRUE(Contents(path_) == bytes) << size;
  }
}

TEST_P(WriteBehindTest, CopiesAndBuffersKeepTheirOrder) {
  if (!fs::exists(GetParam())) GTEST_SKIP() << "NO " << GetParam();
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    fs::remove(path_);
    const std::string bytes = Pattern(random() % (4 * kBlock));
    WriteBehind file(Create(), path_.string(), round % 2 == 0);
    for (size_t at = 0; at < bytes.size();) {
      // Header and page, as data files have them; now and then to the end of a block.
      const size_t most = random() % 3 == 0 ? 64 : random() % 2 == 0 ? kBlock - at % kBlock : 3 * kBlock / 2;
      const size_t size = std::min({bytes.size() - at, most, size_t{random() % (2 * kBlock)} + 1});
      const std::string piece = bytes.substr(at, size);
      const Status status =
          random() % 2 == 0 ? file.Write(piece.data(), static_cast<int64_t>(size))
                            : file.Write(std::shared_ptr<arrow::Buffer>(arrow::Buffer::FromString(piece)));
      ASSERT_TRUE(status.ok()) << status;
      at += size;
      ASSERT_EQ(file.position(), static_cast<int64_t>(at));
    }
    ASSERT_TRUE(file.Finish(true).ok());
    ASSERT_TRUE(Contents(path_) == bytes) << round;
  }
}

TEST_P(WriteBehindTest, DrainGivesTheBuffersBack) {
  if (!fs::exists(GetParam())) GTEST_SKIP() << "NO " << GetParam();
  const std::shared_ptr<arrow::Buffer> page = arrow::Buffer::FromString(Pattern(kBlock / 3));
  WriteBehind file(Create(), path_.string(), true);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(file.Write(page).ok());
  ASSERT_TRUE(file.Drain().ok());
  EXPECT_EQ(page.use_count(), 1);
  ASSERT_TRUE(file.Finish(false).ok());
  EXPECT_EQ(fs::file_size(path_), 50 * (kBlock / 3));
}

TEST_P(WriteBehindTest, WhatIsNotFinishedIsDropped) {
  if (!fs::exists(GetParam())) GTEST_SKIP() << "NO " << GetParam();
  const std::shared_ptr<arrow::Buffer> page = arrow::Buffer::FromString(Pattern(kBlock));
  {
    WriteBehind file(Create(), path_.string(), true);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(file.Write(page).ok());
  }
  EXPECT_EQ(page.use_count(), 1);
}

// The front of a page, then pages, to a disk that is full: nothing may be written behind a block's end.
TEST(WriteBehindErrorTest, UnalignedWritesAfterAnErrorAreHarmless) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "NO /dev/full";
  WriteBehind file(full, "/dev/full", true);
  const std::string bytes = Pattern(kBlock + 1000);
  const std::shared_ptr<arrow::Buffer> page = arrow::Buffer::FromString(Pattern(kBlock / 2));
  for (int round = 0; round < 20; ++round) {
    (void)file.Write(bytes.data(), 100 + round);
    (void)file.Write(page);
    (void)file.Write(bytes.data(), static_cast<int64_t>(bytes.size()));
    if (round == 10) (void)file.Drain();
  }
  EXPECT_EQ(CodeOf(file.Finish(true)), ErrorCode::kNoSpace);
  EXPECT_EQ(page.use_count(), 1);
}

INSTANTIATE_TEST_SUITE_P(Folders, WriteBehindTest, testing::Values(".", "/dev/shm"),
                         [](const auto& folder) { return folder.index == 0 ? "Disk" : "Memory"; });

TEST(WriteBehindErrorTest, SaysWhatAnEarlierBlockFailedWith) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "NO /dev/full";
  WriteBehind file(full, "/dev/full", true);
  const std::string bytes = Pattern(kBlock);
  Status status = file.Write(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (status.ok()) status = file.Write(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (status.ok()) status = file.Finish(true);
  EXPECT_EQ(CodeOf(status), ErrorCode::kNoSpace) << status;
}

TEST(WriteBehindErrorTest, SaysWhatABufferFailedWithAndTakesMore) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "NO /dev/full";
  WriteBehind file(full, "/dev/full", true);
  const std::shared_ptr<arrow::Buffer> page = arrow::Buffer::FromString(Pattern(kBlock));
  for (int i = 0; i < 10; ++i) (void)file.Write(page);
  EXPECT_EQ(CodeOf(file.Drain()), ErrorCode::kNoSpace);
  const std::string bytes = Pattern(3 * kBlock);
  EXPECT_EQ(CodeOf(file.Write(bytes.data(), static_cast<int64_t>(bytes.size()))), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf(file.Finish(true)), ErrorCode::kNoSpace);
  EXPECT_EQ(page.use_count(), 1);
}

}  // namespace
}  // namespace pixlake::io
