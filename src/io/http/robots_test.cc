#include <gtest/gtest.h>

#include "io/http/robots_internal.h"

namespace pixlake::io {
namespace {

Robots Parse(const char* text) {
  return Robots::Parse(text, "pixlake");
}

// The example of RFC 9309, 5.2, and the rules of 2.2.2 and 2.2.3.
TEST(RobotsTest, TheLongestMatchWins) {
  const Robots robots = Parse(
      "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n\n"
      "User-Agent: *\nDisallow: /private/\nAllow: /private/shown\nDisallow: *.gif$\nDisallow: /exact$\n");
  EXPECT_TRUE(robots.Allows("/example/page/disallowed.gif.png"));
  EXPECT_FALSE(robots.Allows("/a/b.gif"));
  EXPECT_TRUE(robots.Allows("/a/b.gif?x"));
  EXPECT_FALSE(robots.Allows("/private/a.jpg"));
  EXPECT_TRUE(robots.Allows("/private/shown.jpg"));
  EXPECT_FALSE(robots.Allows("/exact"));
  EXPECT_TRUE(robots.Allows("/exactly"));
  EXPECT_TRUE(Parse("User-Agent: *\nDisallow: /a\nAllow: /a\n").Allows("/a"));
}

TEST(RobotsTest, OurGroupCountsBeforeEverybodys) {
  const Robots robots = Parse(
      "user-agent: *\ndisallow: /\n\nUser-agent: other\nUser-agent: PixLake/2.0 # us\nCrawl-delay: "
      "2\nDisallow: /no\n");
  EXPECT_TRUE(robots.Allows("/yes"));
  EXPECT_FALSE(robots.Allows("/no/a.jpg"));
  EXPECT_EQ(robots.crawl_delay_seconds(), 2);
}

TEST(RobotsTest, WhatSaysNothingAllows) {
  for (const char* text :
       {"", "\n\n", "<html>", "Disallow: /\n", "User-agent: *\nDisallow:\n", "User-agent: pixlake"})
    EXPECT_TRUE(Parse(text).Allows("/a.jpg")) << text;
  EXPECT_FALSE(Robots::DisallowAll().Allows("/a.jpg"));
}

// A naive matcher takes exponential time here.
TEST(RobotsTest, ManyStarsEndSoon) {
  const std::string stars = "User-agent: *\nDisallow: /" + std::string(2000, '*') + "x$\n";
  EXPECT_TRUE(Parse(stars.c_str()).Allows("/" + std::string(5000, 'a')));
}

}  // namespace
}  // namespace pixlake::io
