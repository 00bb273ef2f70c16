#include "base/clock.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

// Expected values from `date -u -d … +%s%3N`.
TEST(ClockTest, ReadsDatesTimesAndZones) {
  EXPECT_EQ(ParseTimestamp("1970-01-01").ValueOrDie(), 0);
  EXPECT_EQ(ParseTimestamp("2026-11-21T03:15:26.123Z").ValueOrDie(), 1795230926123);
  EXPECT_EQ(ParseTimestamp("2026-11-21 04:15:26+01:00").ValueOrDie(), 1795230926000);
  EXPECT_EQ(ParseTimestamp("2026-11-21T03:15").ValueOrDie(), 1795230900000);
}

TEST(ClockTest, RefusesWhatIsNotATime) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-21T", "2026-11-21T03:15:26.",
                           "2026-11-21Tab", "2026-11-21T03:15:26Zx", "21-11-2026"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

TEST(ClockTest, FormatsWhatItReads) {
  EXPECT_EQ(FormatTimestamp(1795230926123), "2026-11-21T03:15:26.123Z");
  EXPECT_EQ(FormatInstant(1795230926123), "20261121031526123");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace pixlake
