#include "base/memory/byte_size.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(ByteSizeTest, ReadsEveryUnitInAnyCase) {
  EXPECT_EQ(ParseByteSize("4096").ValueOrDie(), 4096);
  EXPECT_EQ(ParseByteSize("256MB").ValueOrDie(), 256LL << 20);
  EXPECT_EQ(ParseByteSize("64k").ValueOrDie(), 64LL << 10);
  EXPECT_EQ(ParseByteSize("1.5 GiB").ValueOrDie(), 3LL << 29);
  EXPECT_EQ(ParseByteSize("2t").ValueOrDie(), 2LL << 40);
}

TEST(ByteSizeTest, RefusesWhatIsNotASize) {
  for (const char* text : {"", "MB", "-1", "1XB", "1MBB", "nan", "inf", "0x10Q", "1e30T", "12 apples"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

TEST(ByteSizeTest, WritesForPeople) {
  EXPECT_EQ(FormatByteSize(831), "831 B");
  EXPECT_EQ(FormatByteSize(3LL << 29), "1.5 GiB");
  EXPECT_EQ(FormatByteSize((1LL << 20) - 1), "1.0 MiB");
}

}  // namespace
}  // namespace pixlake
