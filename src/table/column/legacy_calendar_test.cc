#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/column/legacy_calendar_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kSecond = 1'000'000;

// Spark 4.0.4's RebaseDateTime.rebaseJulianToGregorianDays.
TEST(LegacyCalendar, DaysShowTheSameDateAsInSpark) {
  for (const auto& [hybrid, expected] : std::vector<std::pair<int32_t, int32_t>>{
           {-719164, -719162},  // 0001-01-01
           {-682945, -682944},  // 0100-03-01: the first day of the next difference
           {-682946, -682944},  // 0100-02-29, which the new calendar does not have
           {-354280, -354285},  // 1000-01-01
           {-141428, -141438},  // 1582-10-04
           {-141427, -141427},  // 1582-10-15
           {-1, -1},
           {0, 0},
           {INT32_MAX, INT32_MAX}}) {
    EXPECT_EQ(RebaseDays(hybrid), expected) << hybrid;
  }
}

TEST(LegacyCalendar, TimesInUtcMoveByDays) {
  const auto utc = OldZone::Load("").ValueOrDie();
  EXPECT_EQ(utc->Rebase(-354280 * int64_t{86400} * kSecond + 5), -354285 * int64_t{86400} * kSecond + 5);
  EXPECT_EQ(utc->Rebase(-5), -5);
  EXPECT_EQ(utc->Rebase(INT64_MIN), INT64_MIN);
  EXPECT_EQ(utc->Rebase(INT64_MAX), INT64_MAX);
}

TEST(LegacyCalendar, ZonesComeAsOffsetsToo) {
  for (const char* name : {"+08:00", "GMT+8", "UTC+08:00", "GMT+08:00"}) {
    const auto zone = OldZone::Load(name);
    ASSERT_TRUE(zone.ok()) << name;
    // 1582-10-15T00:00 there is the first new day, an hour before is ten days back.
    const int64_t first = (-141427 * int64_t{86400} - 8 * 3600) * kSecond;
    EXPECT_EQ((*zone)->Rebase(first), first) << name;
    EXPECT_EQ((*zone)->Rebase(first - kSecond), first - kSecond - 10 * 86400 * kSecond) << name;
  }
}

TEST(LegacyCalendar, UnknownAndDangerousZonesAreRefused) {
  for (const char* name : {"No/Such", "../../etc/passwd", "/etc/passwd", "+99:00"}) {
    const auto zone = OldZone::Load(name);
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(CodeOf(zone.status()), ErrorCode::kUnsupported) << zone.status();
  }
}

// A zone of local mean time until 1883 and one rule since, as RFC 8536 has it.
std::string ZoneBytes() {
  const auto number = [](int64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
    return out;
  };
  const auto header = [&](int times, int types) {
    std::string out = "TZif2" + std::string(15, '\0');
    for (const int count : {0, 0, 0, times, types, 8}) out += number(count, 4);
    return out;
  };
  const std::string types =
      number(-28378, 4) + std::string(2, '\0') + number(-28800, 4) + std::string("\0\4", 2);
  return header(0, 1) + types.substr(0, 6) + std::string("LMT\0PST\0", 8) + header(1, 2) +
         number(-2717640000, 8) + "\1" + types + std::string("LMT\0PST\0", 8) + "\nPST8PDT,M3.2.0,M11.1.0\n";
}

TEST(LegacyCalendar, BeforeStandardTimeLocalMeanTimeCounts) {
  const auto zone = OldZone::Parse(ZoneBytes(), "here").ValueOrDie();
  // Java's old clock has eight hours, its new one 7:52:58: seven minutes and two seconds.
  const int64_t in_1700 = -8520336000 * kSecond;
  EXPECT_EQ(zone->Rebase(in_1700), in_1700 - 422 * kSecond);
  const int64_t in_1890 = -2524521600 * kSecond;
  EXPECT_EQ(zone->Rebase(in_1890), in_1890);
}

TEST(LegacyCalendar, DamagedZoneDataIsAnError) {
  const std::string sound = ZoneBytes();
  for (size_t size = 0; size < sound.size() - 25; ++size) {
    EXPECT_FALSE(OldZone::Parse(sound.substr(0, size), "cut").ok()) << size;
  }
  for (size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] = '\xFF';
    (void)OldZone::Parse(damaged, "damaged");
  }
}

TEST(LegacyCalendar, SlicedArraysWithNullsKeepTheirPlaces) {
  arrow::Date32Builder builder;
  ASSERT_TRUE(builder.AppendValues({7, -354280, 0, -141428}, {true, true, false, true}).ok());
  const auto array = builder.Finish().ValueOrDie()->Slice(1);
  const auto rebased = Rebased(array, *OldZone::Load("").ValueOrDie()).ValueOrDie();
  const auto& days = static_cast<const arrow::Date32Array&>(*rebased);
  EXPECT_EQ(days.Value(0), -354285);
  EXPECT_TRUE(days.IsNull(1));
  EXPECT_EQ(days.Value(2), -141438);
  EXPECT_TRUE(rebased->ValidateFull().ok());
}

TEST(LegacyCalendar, OtherUnitsMoveAsFar) {
  for (const auto& [unit, per_second] : std::vector<std::pair<arrow::TimeUnit::type, int64_t>>{
           {arrow::TimeUnit::SECOND, 1}, {arrow::TimeUnit::MILLI, 1000}, {arrow::TimeUnit::MICRO, kSecond}}) {
    arrow::TimestampBuilder builder(arrow::timestamp(unit, "UTC"), arrow::default_memory_pool());
    ASSERT_TRUE(builder.Append(-354280 * int64_t{86400} * per_second).ok());
    const auto rebased = Rebased(builder.Finish().ValueOrDie(), *OldZone::Load("").ValueOrDie()).ValueOrDie();
    EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*rebased).Value(0),
              -354285 * int64_t{86400} * per_second);
  }
}

}  // namespace
}  // namespace pixlake::table
