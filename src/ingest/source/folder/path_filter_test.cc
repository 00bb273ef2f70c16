#include <gtest/gtest.h>

#include "ingest/source/folder/path_filter_internal.h"

namespace pixlake::ingest {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(GlobMatchesTest, StarsStayInAComponentTwoStarsDoNot) {
  constexpr Case kCases[] = {
      {"*.jpg", "a.jpg", true},
      {"*.jpg", "a/b.jpg", false},
      {"*.jpg", "a.jpgx", false},
      {"", "", true},
      {"*", "", true},
      {"a?c", "abc", true},
      {"a?c", "a/c", false},
      {"2024/**", "2024/a", true},
      {"2024/**", "2024/a/b.jpg", true},
      {"2024/**", "2024", false},
      {"2024/**", "12024/a", false},
      {"**/a.jpg", "a.jpg", true},
      {"**/a.jpg", "x/y/a.jpg", true},
      {"**/a.jpg", "xa.jpg", false},
      {"x/**/a.jpg", "x/a.jpg", true},
      {"x/**/a.jpg", "x/1/2/a.jpg", true},
      {"x/**/a.jpg", "x/1/2/b.jpg", false},
      {"**/x/*.jpg", "x/a/x/b/x/c.jpg", true},
      {"**/x/*.jpg", "x/a/x/b/y/c.jpg", false},
      {"**/*a*/*b*", "qaq/x/yay/zbz", true},
      {"a**z", "a/b/z", true},
      {"[a-c]x", "bx", true},
      {"[!a-c]x", "bx", false},
      {"[!a-c]x", "dx", true},
      {"[]]x", "]x", true},
      {"[-a]x", "-x", true},
      {"[ab", "[ab", true},
      {"[!x]", "/", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\xff*", "\xff\xfe", true},
      {"[\xf0-\xff]", "\xfe", true},
  };
  for (const Case& test : kCases)
    EXPECT_EQ(GlobMatches(test.pattern, test.path), test.matches) << test.pattern << " on " << test.path;
}

TEST(GlobMatchesTest, ManyStarsDoNotTakeForEver) {
  std::string pattern, path(2000, 'a');
  for (int i = 0; i < 50; ++i) pattern += "**/*a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", path));
}

TEST(PathFilterTest, PatternsWithoutSlashMeetTheBaseName) {
  SourceOptions options;
  options.include = {"*.jpg", "raw/**"};
  options.exclude = {"*.tmp", "/old/**", "cache/"};
  const PathFilter filter(options);
  EXPECT_TRUE(filter.TakesFile("x/y.jpg"));
  EXPECT_TRUE(filter.TakesFile("raw/x/y"));
  EXPECT_FALSE(filter.TakesFile("x/y.png"));
  EXPECT_FALSE(filter.TakesFile("raw/y.tmp"));
  EXPECT_FALSE(filter.TakesFile("old/y.jpg"));
  EXPECT_FALSE(filter.EntersFolder("old"));
  EXPECT_FALSE(filter.EntersFolder("cache"));
  EXPECT_FALSE(filter.EntersFolder("x/y.tmp"));
  EXPECT_TRUE(filter.EntersFolder("x/old"));
}

TEST(PathFilterTest, FingerprintTellsOptionsApart) {
  SourceOptions a, b, c;
  b.include = {"*.jpg"};
  c.exclude = {"*.jpg"};
  EXPECT_EQ(PathFilter(a).fingerprint(), "");
  EXPECT_NE(PathFilter(b).fingerprint(), "");
  EXPECT_NE(PathFilter(b).fingerprint(), PathFilter(c).fingerprint());
  EXPECT_EQ(PathFilter(b).fingerprint(), PathFilter(b).fingerprint());
}

TEST(PathFilterTest, HiddenComponentsOfMembers) {
  const PathFilter filter{SourceOptions{}};
  EXPECT_TRUE(filter.TakesComponents("../a/./b.jpg"));
  EXPECT_FALSE(filter.TakesComponents("a/.git/b.jpg"));
  EXPECT_FALSE(filter.TakesComponents("._b.jpg"));
}

}  // namespace
}  // namespace pixlake::ingest
