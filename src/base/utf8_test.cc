#include "base/utf8.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

std::string Utf8(uint32_t code_point) {
  std::string out;
  AppendUtf8(code_point, &out);
  return out;
}

TEST(Utf8Test, AsPythonEncodesThem) {
  EXPECT_EQ(Utf8('a'), "a");
  EXPECT_EQ(Utf8(0xE9), "\xC3\xA9");
  EXPECT_EQ(Utf8(0x20AC), "\xE2\x82\xAC");
  EXPECT_EQ(Utf8(0x1F4F7), "\xF0\x9F\x93\xB7");
  EXPECT_EQ(Utf8(0xD800), "\xEF\xBF\xBD");
  EXPECT_EQ(Utf8(0x110000), "\xEF\xBF\xBD");
}

TEST(Utf8Test, WindowsBytesWithoutCharacterKeepTheirNumber) {
  EXPECT_EQ(Windows1252(0x80), 0x20ACU);
  EXPECT_EQ(Windows1252(0x81), 0x81U);
  EXPECT_EQ(Windows1252(0xE9), 0xE9U);
}

}  // namespace
}  // namespace pixlake
