#include "base/memory/byte_lru.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

std::shared_ptr<const int> Make(int value) {
  return std::make_shared<const int>(value);
}

TEST(ByteLru, KeepsWhatWasUsedLast) {
  ByteLru<int> cache(10'000);
  for (int i = 0; i < 8; ++i) cache.Put(std::to_string(i), Make(i), 1'000);
  ASSERT_NE(cache.Find("0"), nullptr);
  for (int i = 8; i < 12; ++i) cache.Put(std::to_string(i), Make(i), 1'000);
  ASSERT_NE(cache.Find("0"), nullptr);
  EXPECT_EQ(*cache.Find("0"), 0);
  EXPECT_EQ(cache.Find("1"), nullptr);
  EXPECT_EQ(*cache.Find("11"), 11);
}

TEST(ByteLru, AKeyHasItsLastValue) {
  ByteLru<int> cache(10'000);
  for (int i = 0; i < 100; ++i) cache.Put("one", Make(i), 1'000);
  cache.Put("two", Make(2), 1'000);
  EXPECT_EQ(*cache.Find("one"), 99);
}

TEST(ByteLru, NothingLargeDrivesTheRestOut) {
  ByteLru<int> cache(10'000);
  cache.Put("small", Make(1), 100);
  cache.Put("large", Make(2), 5'000);
  EXPECT_EQ(cache.Find("large"), nullptr);
  EXPECT_NE(cache.Find("small"), nullptr);
}

TEST(ByteLru, AValueOutlivesItsPlace) {
  ByteLru<int> cache(8'000);
  cache.Put("first", Make(7), 600);
  const auto held = cache.Find("first");
  for (int i = 0; i < 20; ++i) cache.Put(std::to_string(i), Make(i), 500);
  EXPECT_EQ(cache.Find("first"), nullptr);
  EXPECT_EQ(*held, 7);
}

TEST(ByteLru, IsAsLargeAsItsLoansTogether) {
  ByteLru<int> cache(10'000);
  const auto put = [&](const char* key) { cache.Put(key, std::make_shared<const int>(1), 900); };
  {
    const CacheLoan first = cache.Lend(16'000);
    put("a");
    put("b");
    EXPECT_NE(cache.Find("a"), nullptr);
    {
      const CacheLoan second = cache.Lend(100);
      EXPECT_NE(cache.Find("b"), nullptr);
    }
    EXPECT_NE(cache.Find("a"), nullptr);
  }
  EXPECT_NE(cache.Find("b"), nullptr);  // its own 10,000 again
  const CacheLoan little = cache.Lend(100);
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("b"), nullptr);
}

}  // namespace
}  // namespace pixlake
