#include <random>

#include "delta/testing_internal.h"
#include "delta/vector/deletion_vector_internal.h"
#include "delta/vector/deletion_vector_writer_internal.h"

namespace pixlake::delta {
namespace {

using testing::FailsWith;
using testing::Must;

TEST(Z85, EncodesTheStandardsOwnExample) {
  EXPECT_EQ(EncodeZ85("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B"), "HelloWorld");
  EXPECT_EQ(EncodeZ85(""), "");
  EXPECT_EQ(EncodeZ85("\x86\x4F\xD2"), EncodeZ85(std::string_view("\x86\x4F\xD2\0", 4)));
}

std::vector<uint64_t> Random(size_t count, uint64_t below, uint32_t seed) {
  std::mt19937_64 random(seed);
  std::set<uint64_t> rows;
  while (rows.size() < count) {
    rows.insert(random() % below);
  }
  return {rows.begin(), rows.end()};
}

TEST(DeletionVectorWriter, WhatItWritesIsRead) {
  testing::TemporaryFolder folder;
  const std::vector<std::vector<uint64_t>> vectors = {
      {0}, {3, 4, 7, 11, 18, 29}, Random(5000, 6000, 1), Random(300, uint64_t{3} << 32, 2), [] {
        std::vector<uint64_t> all(100000);
        std::iota(all.begin(), all.end(), 0);
        return all;
      }()};
  DeletionVectorWriter writer;
  for (const auto& rows : vectors) {
    Must(writer.Add(rows));
  }
  const auto written = Must(writer.Finish(folder.location()));
  ASSERT_EQ(written.size(), vectors.size());
  EXPECT_EQ(written[0].storage_type, "i");
  EXPECT_EQ(written[2].storage_type, "u");
  EXPECT_EQ(written[2].offset, 1);
  for (size_t i = 0; i < vectors.size(); ++i) {
    EXPECT_EQ(Must(ReadDeletionVector(folder.location(), written[i], -1)), vectors[i]) << i;
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "table" / writer.file_name()));
}

// The bytes that Spark wrote for these rows.
TEST(DeletionVectorWriter, WritesSparksOwnBytes) {
  DeletionVectorWriter writer;
  Must(writer.Add(std::vector<uint64_t>{3, 4, 7, 11, 18, 29}));
  testing::TemporaryFolder folder;
  const auto written = Must(writer.Finish(folder.location()));
  EXPECT_EQ(written[0].path_or_inline, "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L");
  EXPECT_EQ(written[0].size_in_bytes, 44);
  EXPECT_EQ(writer.file_name(), "");
}

TEST(DeletionVectorWriter, RejectsRowsOutOfOrder) {
  EXPECT_THAT(EncodeRoaringArray(std::vector<uint64_t>{2, 1}), FailsWith(ErrorCode::kInternal, "sorted"));
  EXPECT_THAT(EncodeRoaringArray(std::vector<uint64_t>{2, 2}), FailsWith(ErrorCode::kInternal, "distinct"));
}

}  // namespace
}  // namespace pixlake::delta
