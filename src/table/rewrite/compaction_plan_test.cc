#include "table/rewrite/compaction_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::table {
namespace {

DataFile File(const std::string& path, int64_t size, int64_t deleted = 0, const std::string& date = "") {
  DataFile file;
  file.path = path;
  file.size = size;
  file.num_rows = 100;
  file.deleted_rows = deleted;
  if (!date.empty()) file.partition_values["date"] = date;
  return file;
}

std::vector<std::string> Paths(const std::vector<FileGroup>& groups) {
  std::vector<std::string> out;
  for (const FileGroup& group : groups) {
    std::string line;
    for (const DataFile& file : group.files) line += (line.empty() ? "" : "+") + file.path;
    out.push_back(line);
  }
  return out;
}

TEST(CompactionPlan, PacksSmallFilesOfAPartitionUpToTheTarget) {
  const auto groups = PlanCompaction({File("a", 60, 0, "1"), File("b", 40, 0, "1"), File("c", 50, 0, "2"),
                                      File("d", 30, 0, "1"), File("e", 200, 0, "2"), File("f", 10, 0, "2")},
                                     100);
  EXPECT_THAT(Paths(groups), ::testing::UnorderedElementsAre("a+b", "c+f"));
  for (const FileGroup& group : groups) EXPECT_LE(group.bytes, 100);
}

TEST(CompactionPlan, AFileAloneIsRewrittenOnlyForItsDeletedRows) {
  EXPECT_THAT(Paths(PlanCompaction({File("alone", 10)}, 100)), ::testing::IsEmpty());
  EXPECT_THAT(Paths(PlanCompaction({File("large", 500), File("purged", 500, 1)}, 100)),
              ::testing::ElementsAre("purged"));
}

TEST(CompactionPlan, WhatWasPackedIsNotPackedAgain) {
  std::vector<DataFile> files;
  for (int i = 0; i < 50; ++i) files.push_back(File(std::to_string(i), 7 + i % 5));
  std::vector<DataFile> packed;
  for (const FileGroup& group : PlanCompaction(files, 100)) {
    EXPECT_LE(group.bytes, 100);
    packed.push_back(File("p" + std::to_string(packed.size()), group.bytes));
  }
  EXPECT_EQ(packed.size(), 5U);  // 450 bytes
  EXPECT_THAT(PlanCompaction(packed, 100), ::testing::IsEmpty());
}

TEST(CompactionPlan, DeletedRowsLeaveRoom) {
  // Half of each is gone: two fit into one of the target's size.
  EXPECT_THAT(Paths(PlanCompaction({File("a", 90, 50), File("b", 90, 50)}, 100)),
              ::testing::ElementsAre("a+b"));
}

}  // namespace
}  // namespace pixlake::table
