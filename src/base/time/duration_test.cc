#include "base/time/duration.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(Duration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*ParseDuration("250ms"), 250);
  EXPECT_EQ(*ParseDuration("90s"), 90'000);
  EXPECT_EQ(*ParseDuration("15m"), 900'000);
  EXPECT_EQ(*ParseDuration("24h"), 86'400'000);
  EXPECT_EQ(*ParseDuration("7d"), 604'800'000);
  EXPECT_EQ(*ParseDuration("2w"), 1'209'600'000);
  EXPECT_EQ(*ParseDuration("1h30m"), 5'400'000);
  EXPECT_EQ(*ParseDuration("0s"), 0);
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "24", "h", "-1h", "+1h", "1 h", "1.5h", "1h1h", "1m1h", "1y", "1H", "24h ",
                           "99999999999999999999s", "9223372036854775807w"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Duration, WritesWhatItReads) {
  EXPECT_EQ(FormatDuration(604'800'000), "7d");
  EXPECT_EQ(FormatDuration(5'400'000), "90m");
  EXPECT_EQ(FormatDuration(0), "0s");
  for (const int64_t millis : {int64_t{1}, int64_t{1500}, int64_t{86'400'000}, INT64_MAX})
    EXPECT_EQ(*ParseDuration(FormatDuration(millis)), millis);
}

}  // namespace
}  // namespace pixlake
