#include "testing/disk_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::test {
namespace {

using Kind = DiskOperation::Kind;

// Folder 0 is the root and has folder 1, "log"; files are 2 and above.
class DiskRecordTest : public ::testing::Test {
 protected:
  void Name(int folder, const std::string& name, int node, int64_t other = -1) {
    operations_.push_back({Kind::kName, node, folder, name, false, 0, {}, other});
  }
  void Write(int node, const std::string& bytes, int64_t offset = 0) {
    operations_.push_back({Kind::kWrite, node, -1, {}, false, offset, bytes, -1});
  }
  void Sync(int node) {
    operations_.push_back({node < 2 ? Kind::kSyncFolder : Kind::kSyncFile, node, -1, {}, false, 0, {}, -1});
  }
  DiskReplay Replay() const {
    DiskReplay replay({{0, {true, {}, {{"log", 1}}}}, {1, {true, {}, {}}}}, &operations_);
    replay.AdvanceTo(operations_.size());
    return replay;
  }
  DiskTree Cut(Loss loss) const { return Replay().Cut(loss); }

  std::vector<DiskOperation> operations_;
};

using Tree = DiskTree;

TEST_F(DiskRecordTest, WhatWasSyncedWithItsNameStays) {
  Name(1, "a", 2);
  Write(2, "bytes");
  Sync(2);
  Sync(1);
  for (const Loss loss : kLosses) EXPECT_EQ(Cut(loss), (Tree{{"log", {}}, {"log/a", "bytes"}}));
}

TEST_F(DiskRecordTest, ASyncedFileMayHaveNoName) {
  Name(1, "a", 2);
  Write(2, "bytes");
  Sync(2);
  EXPECT_EQ(Cut(Loss::kAll), (Tree{{"log", {}}}));
  EXPECT_EQ(Cut(Loss::kBytes), (Tree{{"log", {}}, {"log/a", "bytes"}}));
}

TEST_F(DiskRecordTest, ANamedFileMayHaveNoBytes) {
  Name(1, "a", 2);
  Write(2, "bytes");
  Sync(1);
  EXPECT_EQ(Cut(Loss::kAll), (Tree{{"log", {}}, {"log/a", ""}}));
  EXPECT_EQ(Cut(Loss::kZeroes), (Tree{{"log", {}}, {"log/a", std::string(5, '\0')}}));
  EXPECT_EQ(Cut(Loss::kNothing), (Tree{{"log", {}}, {"log/a", "bytes"}}));
}

TEST_F(DiskRecordTest, DeletionsAndNewNamesMayCrossEachOther) {
  Name(1, "old", 2);
  Write(2, "2");
  Sync(2);
  Sync(1);
  Name(1, "new", 3);
  Write(3, "3");
  Sync(3);
  Name(1, "old", -1);
  EXPECT_EQ(Cut(Loss::kNewNames), (Tree{{"log", {}}}));
  EXPECT_EQ(Cut(Loss::kDeletions), (Tree{{"log", {}}, {"log/new", "3"}, {"log/old", "2"}}));
}

TEST_F(DiskRecordTest, AFileThatWasRenamedHasOneOfItsNames) {
  Name(1, "fresh", 2);
  Write(2, "2");
  Sync(2);
  Sync(1);
  Name(0, "final", 2);
  Name(1, "fresh", -1, static_cast<int64_t>(operations_.size()) - 1);
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const Tree tree = Replay().CutAtRandom(seed);
    EXPECT_TRUE(tree.contains("final") || tree.contains("log/fresh")) << seed;
  }
  EXPECT_EQ(Cut(Loss::kNewNames), (Tree{{"final", "2"}, {"log", {}}}));
  Sync(1);  // its old name is gone for good
  EXPECT_EQ(Cut(Loss::kAll), (Tree{{"final", "2"}, {"log", {}}}));
}

TEST_F(DiskRecordTest, WhatIsInALostFolderIsLost) {
  Name(0, "t", 4);
  operations_.back().is_folder = true;
  Name(4, "a", 2);
  Write(2, "bytes");
  Sync(2);
  operations_.push_back({Kind::kSyncFolder, 4, -1, {}, false, 0, {}, -1});
  EXPECT_EQ(Cut(Loss::kAll), (Tree{{"log", {}}}));
  Sync(0);
  EXPECT_EQ(Cut(Loss::kAll), (Tree{{"log", {}}, {"t", {}}, {"t/a", "bytes"}}));
}

TEST_F(DiskRecordTest, BytesAreTornAtRandom) {
  Name(1, "a", 2);
  Write(2, std::string(3 * 4096, 'a'));
  Write(2, std::string(4096, 'b'), 4096);
  Sync(1);
  std::set<std::string> seen;
  for (uint32_t seed = 0; seed < 200; ++seed) seen.insert(*Replay().CutAtRandom(seed).at("log/a"));
  EXPECT_GT(seen.size(), 20U);
}

}  // namespace
}  // namespace pixlake::test
