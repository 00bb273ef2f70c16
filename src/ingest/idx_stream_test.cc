#include "ingest/idx_stream.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::ingest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class IdxStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_idx_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    // 100,000 labels, far more than one chunk when not compressed.
    idx_ = std::string("\0\0\x08\x01\x00\x01\x86\xA0", 8);
    for (int i = 0; i < 100000; ++i) idx_.push_back(static_cast<char>(i * 7));
  }
  void TearDown() override { fs::remove_all(folder_); }

  io::Location Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    return io::Locate(folder_ + "/" + name).ValueOrDie();
  }
  // gzip itself makes the compressed files: somebody else's writer.
  io::Location Gzip(const std::string& name) const {
    EXPECT_EQ(std::system(("gzip -k " + folder_ + "/" + name).c_str()), 0);
    return io::Locate(folder_ + "/" + name + ".gz").ValueOrDie();
  }
  std::string Slurp(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static Status Drain(const io::Location& file, std::string* data = nullptr) {
    PL_ASSIGN_OR_RETURN(const auto stream, IdxStream::Open(file));
    const int64_t count = stream->header().item_count;
    for (int64_t at = 0; at < count;) {
      const int64_t items = std::min<int64_t>(999, count - at);
      std::vector<uint8_t> some(static_cast<size_t>(items));
      PL_RETURN_NOT_OK(stream->Read(items, some.data()));
      if (data != nullptr) data->append(some.begin(), some.end());
      at += items;
    }
    return Status::OK();
  }

  std::string folder_;
  std::string idx_;
};

TEST_F(IdxStreamTest, PlainAndGzipGiveTheSameItems) {
  std::string plain, packed;
  ASSERT_EQ(Drain(Write("a", idx_), &plain), Status::OK());
  ASSERT_EQ(Drain(Gzip("a"), &packed), Status::OK());
  EXPECT_EQ(plain, idx_.substr(8));
  EXPECT_EQ(packed, idx_.substr(8));
}

TEST_F(IdxStreamTest, SeveralGzipMembersAreOneFile) {
  Write("x", idx_.substr(0, 5000));
  Write("y", idx_.substr(5000));
  Gzip("x");
  Gzip("y");
  std::string data;
  ASSERT_EQ(Drain(Write("both", Slurp(folder_ + "/x.gz") + Slurp(folder_ + "/y.gz")), &data), Status::OK());
  EXPECT_EQ(data, idx_.substr(8));
}

TEST_F(IdxStreamTest, ATruncatedFileNamesTheOffset) {
  const Status status = Drain(Write("a", idx_.substr(0, 60000)));
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorrupt);
  EXPECT_THAT(status.message(), HasSubstr("a: offset 60000: the file ends; expected 100008 bytes"));
}

TEST_F(IdxStreamTest, BytesAfterTheLastItemAreAnError) {
  EXPECT_THAT(Drain(Write("a", idx_ + "x")).message(), HasSubstr("offset 100008: more bytes follow"));
}

TEST_F(IdxStreamTest, DamagedGzipIsAnErrorAtAnyPlace) {
  Write("a", idx_);
  Gzip("a");
  const std::string packed = Slurp(folder_ + "/a.gz");
  for (size_t cut = 2; cut < packed.size(); cut += 1 + packed.size() / 97) {
    EXPECT_EQ(CodeOf(Drain(Write("cut.gz", packed.substr(0, cut)))), ErrorCode::kCorrupt) << cut;
  }
  std::string flipped = packed;
  flipped[packed.size() / 2] ^= 4;
  EXPECT_EQ(CodeOf(Drain(Write("flipped.gz", flipped))), ErrorCode::kCorrupt);
  flipped = packed;
  flipped[packed.size() - 8] ^= 1;  // the CRC
  EXPECT_THAT(Drain(Write("crc.gz", flipped)).message(), HasSubstr("checksum"));
}

TEST_F(IdxStreamTest, SomethingElseIsNamed) {
  EXPECT_THAT(Drain(Write("page", "<html>not found</html>")).message(),
              HasSubstr("looks like an HTML or XML page"));
  EXPECT_EQ(CodeOf(Drain(Write("empty", ""))), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pixlake::ingest
