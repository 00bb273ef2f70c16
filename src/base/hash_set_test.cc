#include "base/hash_set.h"

#include <array>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace pixlake {
namespace {

using Digest = std::array<uint8_t, 32>;

Digest RandomDigest(std::mt19937_64* random) {
  Digest digest{};
  for (uint8_t& byte : digest) byte = static_cast<uint8_t>((*random)());
  return digest;
}

TEST(HashSetTest, AgreesWithAnOrderedSet) {
  std::mt19937_64 random(7);
  std::vector<Digest> digests(5000);
  for (Digest& digest : digests) digest = RandomDigest(&random);
  HashSet<Digest> ours;
  std::set<Digest> theirs;
  for (int i = 0; i < 20000; ++i) {
    const Digest& digest = digests[random() % digests.size()];
    ASSERT_EQ(ours.Insert(digest), theirs.insert(digest).second) << i;
    ASSERT_EQ(ours.size(), theirs.size());
  }
  for (const Digest& digest : digests) ASSERT_EQ(ours.Contains(digest), theirs.contains(digest));
}

TEST(HashSetTest, KeysThatDifferInTheirLastByteAloneAreTwo) {
  HashSet<Digest> set;
  for (int i = 0; i < 256; ++i) {
    Digest digest{1};
    digest.back() = static_cast<uint8_t>(i);
    EXPECT_TRUE(set.Insert(digest));
    EXPECT_FALSE(set.Insert(digest));
  }
  EXPECT_EQ(set.size(), 256U);
}

TEST(HashSetTest, ZeroIsAKeyLikeAnother) {
  HashSet<Digest> set;
  EXPECT_FALSE(set.Contains({}));
  EXPECT_TRUE(set.Insert({}));
  EXPECT_FALSE(set.Insert({}));
  EXPECT_TRUE(set.Contains({}));
  EXPECT_EQ(set.size(), 1U);
  EXPECT_FALSE(set.Contains({1}));
}

}  // namespace
}  // namespace pixlake
