#include "sink/url_set.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace pixlake::sink {
namespace {

TEST(UrlSetTest, AgreesWithASetOfStrings) {
  UrlSet urls;
  std::set<std::string> strings;
  for (int i = 0; i < 100000; ++i) {
    const std::string url = "https://example.org/" + std::to_string((i * 7919) % 60000) + ".jpg";
    EXPECT_EQ(urls.Insert(KeyOf(url)), strings.insert(url).second) << url;
  }
  EXPECT_EQ(urls.size(), strings.size());
  for (const std::string& url : strings) ASSERT_TRUE(urls.Contains(KeyOf(url))) << url;
  EXPECT_FALSE(urls.Contains(KeyOf("https://example.org/")));
  EXPECT_FALSE(UrlSet().Contains(KeyOf("")));
}

TEST(UrlSetTest, KeysOfOtherUrlsDiffer) {
  EXPECT_NE(KeyOf("a"), KeyOf("b"));
  EXPECT_NE(KeyOf(""), UrlKey{});
}

}  // namespace
}  // namespace pixlake::sink
