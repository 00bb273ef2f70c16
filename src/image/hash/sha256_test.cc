#include "image/hash/sha256.h"

#include <gtest/gtest.h>

namespace pixlake::image {
namespace {

// FIPS 180-4 example and RFC 1321 test suite.
TEST(Sha256Test, AgreesWithThePublishedVectors) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string_view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string_view text = "message digest";
  EXPECT_EQ(Md5Hex({reinterpret_cast<const uint8_t*>(text.data()), text.size()}),
            "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Sha256Test, PiecesGiveWhatTheWholeDoes) {
  DigestStream stream(DigestStream::Algorithm::kSha256);
  for (const std::string_view piece : {"a", "", "bc"}) {
    stream.Update({reinterpret_cast<const uint8_t*>(piece.data()), piece.size()});
  }
  EXPECT_EQ(stream.Finish(), Sha256Hex("abc"));
}

}  // namespace
}  // namespace pixlake::image
