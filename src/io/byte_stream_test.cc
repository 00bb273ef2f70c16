#include "io/byte_stream.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

namespace pixlake::io {
namespace {

std::string Packed(const std::string& text) {
  const auto codec = *arrow::util::Codec::Create(arrow::Compression::GZIP);
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto packed = *arrow::io::CompressedOutputStream::Make(codec.get(), out);
  EXPECT_TRUE(packed->Write(text).ok());
  EXPECT_TRUE(packed->Close().ok());
  return (*out->Finish())->ToString();
}

// What comes of it, and the remark behind it.
std::string Unpacked(const std::string& bytes) {
  const auto stream = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
  const auto gzip = GzipBytes(StreamBytes(stream));
  std::string text;
  while (true) {
    const auto piece = gzip->Next();
    if (!piece.ok()) return "error: " + piece.status().message();
    if (piece->empty()) return gzip->remark().empty() ? text : text + " (" + gzip->remark() + ")";
    text.append(reinterpret_cast<const char*>(piece->data()), piece->size());
  }
}

// Judges: gzip 1.12, which exits with 0 for zeros and 2 ("trailing garbage ignored") for others.
TEST(GzipBytesTest, LeavesOutWhatFollowsTheLastMember) {
  const std::string member = Packed("hello");
  EXPECT_EQ(Unpacked(member), "hello");
  EXPECT_EQ(Unpacked(member + std::string(100, '\0')), "hello");
  EXPECT_EQ(Unpacked(member + std::string(600000, '\0')), "hello");
  EXPECT_EQ(Unpacked(member + member), "hellohello");
  EXPECT_EQ(Unpacked(member + std::string(9, '\0') + member), "hellohello");
  const std::string with_remark = "hello (7 bytes behind the gzip stream are none of it and were left out)";
  EXPECT_EQ(Unpacked(member + "garbage"), with_remark);
  EXPECT_EQ(Unpacked(member + std::string(5, '\0') + "garbage"), with_remark);
  EXPECT_TRUE(Unpacked(member + std::string(900000, 'x')).starts_with("hello (900000 bytes"));
}

TEST(GzipBytesTest, TellsDamageFromWhatFollows) {
  const std::string member = Packed("hello");
  for (const std::string& bytes : {member.substr(0, member.size() - 3), member + member.substr(0, 12),
                                   member + std::string("\x1F\x8B garbage")}) {
    EXPECT_TRUE(Unpacked(bytes).starts_with("error")) << bytes.size();
  }
}

}  // namespace
}  // namespace pixlake::io
