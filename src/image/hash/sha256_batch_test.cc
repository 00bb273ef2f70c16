#include "image/hash/sha256_batch.h"

#include <random>

#include <gtest/gtest.h>

#include "image/hash/sha256.h"
#include "image/hash/sha256_batch_internal.h"

namespace pixlake::image {
namespace {

using Contents = std::vector<std::vector<uint8_t>>;

std::vector<std::span<const uint8_t>> Spans(const Contents& contents) {
  return {contents.begin(), contents.end()};
}

Contents RandomContents(const std::vector<size_t>& sizes) {
  std::mt19937_64 random(sizes.size());
  Contents contents;
  for (const size_t size : sizes) {
    auto& content = contents.emplace_back(size);
    for (uint8_t& byte : content) byte = static_cast<uint8_t>(random());
  }
  return contents;
}

TEST(Sha256HexTest, ReadsWhatItWrites) {
  const auto digest = Sha256Many(std::vector<std::span<const uint8_t>>{{}}).front();
  EXPECT_EQ(ToHex(digest), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(FromHex(ToHex(digest)), digest);
  EXPECT_EQ(FromHex("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"), digest);
}

TEST(Sha256HexTest, RefusesOtherTexts) {
  const std::string hex(64, 'a');
  EXPECT_TRUE(FromHex(hex));
  EXPECT_FALSE(FromHex(""));
  EXPECT_FALSE(FromHex(hex.substr(1)));
  EXPECT_FALSE(FromHex(hex + "a"));
  for (const char wrong : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xff'}) {
    std::string text = hex;
    text.back() = wrong;
    EXPECT_FALSE(FromHex(text)) << static_cast<int>(wrong);
  }
}

class Sha256WayTest : public testing::TestWithParam<Sha256Way> {
 protected:
  void SetUp() override {
    if (!CanHash(GetParam())) GTEST_SKIP() << "this CPU lacks the instructions";
  }

  void ExpectOpenSslsDigests(const Contents& contents) {
    const auto digests = Sha256ManyBy(GetParam(), Spans(contents));
    ASSERT_EQ(digests.size(), contents.size());
    for (size_t i = 0; i < contents.size(); ++i) {
      ASSERT_EQ(ToHex(digests[i]), Sha256Hex(contents[i])) << i << ": " << contents[i].size() << " bytes";
    }
  }
};

TEST_P(Sha256WayTest, EveryLengthAroundTheBlocks) {
  std::vector<size_t> sizes;
  for (size_t size = 0; size <= 200; ++size) sizes.push_back(size);
  ExpectOpenSslsDigests(RandomContents(sizes));
}

TEST_P(Sha256WayTest, AnyNumberOfContentsOfAnyLength) {
  std::mt19937 random(3);
  for (size_t count = 0; count < 70; ++count) {
    std::vector<size_t> sizes;
    for (size_t i = 0; i < count; ++i) sizes.push_back(random() % (random() % 8 == 0 ? 50000 : 300));
    ExpectOpenSslsDigests(RandomContents(sizes));
  }
}

TEST_P(Sha256WayTest, EqualLengthsFillTheLanes) {
  for (const size_t count : {1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 33u}) {
    ExpectOpenSslsDigests(RandomContents(std::vector<size_t>(count, 4096)));
    ExpectOpenSslsDigests(RandomContents(std::vector<size_t>(count, 0)));
  }
}

TEST_P(Sha256WayTest, LargeContentsAmongSmallOnes) {
  std::vector<size_t> sizes(100, 1000);
  sizes[17] = 5000001;
  sizes[99] = 3000000;
  ExpectOpenSslsDigests(RandomContents(sizes));
}

// FIPS 180-4 examples and NIST's message of a million times "a".
TEST_P(Sha256WayTest, AgreesWithThePublishedVectors) {
  const std::pair<std::string, std::string_view> kVectors[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  // 16 of each, so that they are worth lanes.
  Contents contents;
  for (const auto& vector : kVectors)
    contents.insert(contents.end(), 16, {vector.first.begin(), vector.first.end()});
  const auto digests = Sha256ManyBy(GetParam(), Spans(contents));
  for (size_t i = 0; i < digests.size(); ++i) EXPECT_EQ(ToHex(digests[i]), kVectors[i / 16].second);
}

INSTANTIATE_TEST_SUITE_P(All, Sha256WayTest,
                         testing::Values(Sha256Way::kOpenSsl, Sha256Way::kLanes8, Sha256Way::kLanes16));

TEST(Sha256ManyTest, UsesAWayThatThisCpuHas) {
  const auto contents = RandomContents({3, 700, 64});
  const auto digests = Sha256Many(Spans(contents));
  for (size_t i = 0; i < contents.size(); ++i) EXPECT_EQ(ToHex(digests[i]), Sha256Hex(contents[i]));
  EXPECT_TRUE(Sha256Method() == "openssl" || Sha256Method() == "lanes-8" || Sha256Method() == "lanes-16");
}

}  // namespace
}  // namespace pixlake::image
