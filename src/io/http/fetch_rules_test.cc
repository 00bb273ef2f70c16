#include <gtest/gtest.h>

#include "io/http/fetch_rules_internal.h"

namespace pixlake::io {
namespace {

std::string Asked(std::string url) {
  const auto host = HostOf(&url);
  return host.ok() ? url : "refused: " + host.status().message();
}

// Judges: python's idna (2008) and curl 7.88 in a UTF-8 locale.
TEST(FetchRulesTest, AsksForNamesOfOtherLettersByTheirAsciiForm) {
  for (const char* url : {"http://b\xC3\xBC"
                          "cher.example/a",
                          "http://b%C3%BCcher.example/a",
                          "HTTP://B\xC3\x9C"
                          "CHER.Example/a",
                          "http://bu\xCC\x88"
                          "cher.example/a",
                          "http://xn--bcher-kva.example/a"}) {
    EXPECT_EQ(Asked(url).substr(0, 31), "http://xn--bcher-kva.example/a") << url;
  }
  std::string url = "http://\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88:81/";
  EXPECT_EQ(*HostOf(&url), "http://xn--r8jz45g.xn--zckzah:81");
  EXPECT_TRUE(Asked("http://%ff.example/").starts_with("refused"));
}

TEST(FetchRulesTest, EncodesSpacesAsBrowsersDo) {
  EXPECT_EQ(Asked("http://h/a b.jpg?q=c d+e&f= "), "http://h/a%20b.jpg?q=c%20d+e&f=%20");
  EXPECT_TRUE(Asked("http://h h/a").starts_with("refused"));
}

TEST(FetchRulesTest, TakesSchemesInAnyCase) {
  EXPECT_EQ(Asked("HTTPS://h/A"), "https://h/A");
  EXPECT_TRUE(Asked("FTP://h/A").starts_with("refused"));
}

}  // namespace
}  // namespace pixlake::io
