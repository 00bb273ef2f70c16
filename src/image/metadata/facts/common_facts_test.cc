#include "image/metadata/facts/common_facts.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/metadata/metadata_fixture_internal.h"

namespace pixlake::image {
namespace {

using testing::ElementsAre;

constexpr int64_t k2008 = 1204882427'000'000;  // 2008-03-07T09:33:47Z

Field Ascii(uint16_t tag, const std::string& text) {
  return {tag, kExifAscii, text.size() + 1, text + '\0'};
}

// Exif's own directory (at 38) and, when there are any, GPS's behind it.
ImageMetadata WithFields(const std::vector<Field>& exif, const std::vector<Field>& gps = {}) {
  const std::string own = Directory(38, exif);
  const uint64_t gps_at = 38 + own.size() + own.size() % 2;
  std::string tiff =
      TiffStart() + Directory(8, {{0x8769, kExifLong, 1, Number(38, 4)},
                                  {0x8825, kExifLong, 1, Number(gps.empty() ? 0 : gps_at, 4)}});
  tiff += own + std::string(own.size() % 2, '\0');
  if (!gps.empty()) tiff += Directory(gps_at, gps);
  return Read(JpegWithExif(tiff));
}

std::vector<Field> GpsTime(const std::string& date, std::initializer_list<uint32_t> time) {
  return {{7, kExifRational, 3, Fractions(time)}, Ascii(29, date)};
}

CommonFacts Taken(const std::vector<Field>& exif, const std::vector<Field>& gps = {}) {
  return CommonFactsOf(WithFields(exif, gps));
}

ImageMetadata WithXmp(std::vector<XmpProperty> properties) {
  ImageMetadata metadata;
  metadata.xmp = std::move(properties);
  return metadata;
}

TEST(TakenAt, TakesTheZoneThatTheCameraSays) {
  const auto facts =
      Taken({Ascii(0x9003, "2008:03:07 11:33:47"), Ascii(0x9011, "+02:00"), Ascii(0x9291, "12")});
  EXPECT_EQ(facts.taken_at, k2008 + 120'000);
  EXPECT_EQ(facts.taken_at_zone, "offset");
  EXPECT_EQ(Taken({Ascii(0x9003, "2008:03:07 06:03:47"), Ascii(0x9010, "-03:30")}).taken_at, k2008);
  // TIFF/EP's hours.
  const auto hours =
      Taken({{0x882A, kExifSignedShort, 1, Number(0xFFFF, 2)}, Ascii(0x9003, "2008:03:07 08:33:47")});
  EXPECT_EQ(hours.taken_at, k2008);
  EXPECT_EQ(hours.taken_at_zone, "offset");
}

TEST(TakenAt, IsTheWallsClockWhereNothingSaysTheZone) {
  for (const char* none : {"", "   :  ", "+2", "02:00", "+99:00", "+02:75"}) {
    const auto facts = Taken({Ascii(0x9003, "2008:03:07 09:33:47"), Ascii(0x9011, none)});
    EXPECT_EQ(facts.taken_at, k2008) << none;
    EXPECT_EQ(facts.taken_at_zone, "unknown") << none;
  }
}

TEST(TakenAt, GpsPinsTheZoneOfAClockThatGoesRight) {
  const auto at = [](const char* clock, const char* date, std::initializer_list<uint32_t> time) {
    return Taken({Ascii(0x9003, clock), Ascii(0x9291, "5")}, GpsTime(date, time));
  };
  // 20 seconds off, in Adelaide.
  const auto there = at("2008:03:07 20:03:47", "2008:03:07", {9, 1, 33, 1, 27, 1});
  EXPECT_EQ(there.taken_at, k2008 + 500'000);  // 20:03:47.5 at +10:30
  EXPECT_EQ(there.taken_at_zone, "gps");
  // Over midnight.
  EXPECT_EQ(at("2008:03:07 23:33:47", "2008:03:08", {9, 1, 33, 1, 47, 1}).taken_at_zone, "gps");
  // An old fix, a wrong clock, a quarter of an hour that no zone has.
  EXPECT_EQ(at("2008:03:07 11:33:47", "2008:03:07", {9, 1, 29, 1, 47, 1}).taken_at_zone, "unknown");
  EXPECT_EQ(at("2001:01:01 00:00:00", "2008:03:07", {9, 1, 33, 1, 47, 1}).taken_at_zone, "unknown");
  EXPECT_EQ(at("2008:03:07 11:48:47", "2008:03:07", {9, 1, 33, 1, 47, 1}).taken_at_zone, "unknown");
  // Without a clock the receiver's time is it.
  const auto alone = Taken({}, GpsTime("2008:03:07", {9, 1, 33, 1, 47, 1}));
  EXPECT_EQ(alone.taken_at, k2008);
  EXPECT_EQ(alone.taken_at_zone, "gps");
}

TEST(TakenAt, DaysAndTimesThatThereAreNotAreNone) {
  for (const char* text :
       {"", "0000:00:00 00:00:00", "2021:02:29 10:00:00", "2021:13:01 10:00:00", "2021:04:31 10:00:00",
        "1700:01:01 00:00:00", "9999:12:31 23:59:59", "2021:04:30 24:00:00", "2021:04:30 10:60:00",
        "2021:04:30 10:00:61", "2021:04:30   :  :  ", "2021:04:30", "yesterday", "2021:04:30 10:00"}) {
    const auto facts = Taken({Ascii(0x9003, text)});
    EXPECT_FALSE(facts.taken_at) << text;
    EXPECT_EQ(facts.taken_at_zone, "") << text;
  }
  EXPECT_EQ(Taken({Ascii(0x9003, "2016:12:31 23:59:60")}).taken_at, 1483228800'000'000);
  EXPECT_EQ(Taken({Ascii(0x9003, "1900:03:01 00:00:00")}).taken_at, -2203891200'000'000);
}

TEST(TakenAt, ADamagedOriginalGivesWayToXmpThenIptcThenDigitized) {
  auto metadata = WithFields({Ascii(0x9003, "0000:00:00 00:00:00"), Ascii(0x9004, "2008:03:07 09:33:46")});
  EXPECT_EQ(CommonFactsOf(metadata).taken_at, k2008 - 1'000'000);
  metadata.iptc = {{2, 55, "", "20080307"}, {2, 60, "", "113347+0200"}};
  EXPECT_EQ(CommonFactsOf(metadata).taken_at, k2008);
  EXPECT_EQ(CommonFactsOf(metadata).taken_at_zone, "offset");
  metadata.xmp = {{"photoshop:DateCreated", {"2008-03-07T09:33:47.25Z"}, false, 0}};
  EXPECT_EQ(CommonFactsOf(metadata).taken_at, k2008 + 250'000);
  metadata.xmp = {{"photoshop:DateCreated", {"2008-03-07"}, false, 0}};  // a day is no moment
  EXPECT_EQ(CommonFactsOf(metadata).taken_at, k2008);
  metadata.xmp = {{"exif:DateTimeOriginal", {"2008-03-07T11:33+02:00"}, false, 0}};
  EXPECT_EQ(CommonFactsOf(metadata).taken_at, k2008 - 47'000'000);
}

TEST(CommonFacts, ReadsWhatTheCameraSet) {
  const auto facts = Taken({{0x829A, kExifRational, 1, Fractions({1, 250})},
                            {0x829D, kExifRational, 1, Fractions({28, 10})},
                            {0x8827, kExifShort, 1, Number(400, 2)},
                            {0x920A, kExifRational, 1, Fractions({71, 10})},
                            Ascii(0xA434, "  EF24-70mm  ")});
  EXPECT_DOUBLE_EQ(facts.exposure_s.value(), 0.004);
  EXPECT_DOUBLE_EQ(facts.f_number.value(), 2.8);
  EXPECT_EQ(facts.iso, 400);
  EXPECT_DOUBLE_EQ(facts.focal_length_mm.value(), 7.1);
  EXPECT_EQ(facts.lens, "EF24-70mm");
}

TEST(CommonFacts, ApexStandsInForWhatIsNotSaid) {
  const auto facts = Taken({{0x829A, kExifRational, 1, Fractions({0, 0})},
                            {0x9201, kExifSignedRational, 1, Fractions({8, 1})},
                            {0x9202, kExifRational, 1, Fractions({4, 1})}});
  EXPECT_DOUBLE_EQ(facts.exposure_s.value(), 1.0 / 256);
  EXPECT_DOUBLE_EQ(facts.f_number.value(), 4);
  const auto more =
      Taken({{0x8827, kExifShort, 1, Number(65535, 2)}, {0x8832, kExifLong, 1, Number(102400, 4)}});
  EXPECT_EQ(more.iso, 102400);
}

TEST(CommonFacts, WhatCannotBeIsNone) {
  const std::string nan = Number(0x7FC00000, 4), negative = Fractions({static_cast<uint32_t>(-1), 10});
  for (const auto& fields : std::vector<std::vector<Field>>{
           {{0x829A, kExifRational, 1, Fractions({1, 0})}, {0x829D, kExifRational, 1, Fractions({0, 10})}},
           {{0x829A, kExifFloat, 1, nan}, {0x829D, kExifSignedRational, 1, negative}},
           {{0x829A, kExifUndefined, 8, std::string(8, '\1')}, {0x829D, kExifRational, 0, ""}},
           {{0x8827, kExifShort, 1, Number(0, 2)}, {0x920A, kExifSignedRational, 1, negative}},
           {{0x9201, kExifSignedRational, 1, Fractions({2000000000, 1})}}}) {
    const auto facts = Taken(fields);
    EXPECT_EQ(facts, CommonFacts{});
  }
  const auto turned = [](uint64_t number) {
    return CommonFactsOf(
        Read(JpegWithExif(TiffStart() + Directory(8, {{0x0112, kExifShort, 1, Number(number, 2)},
                                                      {0x4746, kExifShort, 1, Number(number, 2)}}))));
  };
  EXPECT_EQ(turned(5).orientation, 5);
  EXPECT_EQ(turned(5).rating, 5);
  EXPECT_EQ(turned(99), CommonFacts{});
}

TEST(CommonFacts, XmpAndIptcStandInForExif) {
  auto metadata = WithXmp({{"tiff:Make", {"Canon"}, false, 0},
                           {"exif:FNumber", {"28/10"}, false, 0},
                           {"exif:ISOSpeedRatings", {"200"}, true, 0},
                           {"tiff:Orientation", {"6"}, false, 0},
                           {"xmp:Rating", {"-1"}, false, 0},
                           {"dc:creator", {"Ada", "Bob"}, true, 0},
                           {"dc:subject", {"river", "tree", "River"}, true, 0},
                           {"dc:rights", {""}, false, 9000}});
  metadata.iptc = {{2, 25, "Keywords", "tree "}, {2, 25, "Keywords", ""}, {2, 116, "", "(c) Ada"}};
  const auto facts = CommonFactsOf(metadata);
  EXPECT_EQ(facts.make, "Canon");
  EXPECT_DOUBLE_EQ(facts.f_number.value(), 2.8);
  EXPECT_EQ(facts.iso, 200);
  EXPECT_EQ(facts.orientation, 6);
  EXPECT_EQ(facts.rating, -1);
  EXPECT_EQ(facts.artist, "Ada; Bob");
  EXPECT_EQ(facts.copyright, "(c) Ada");
  EXPECT_THAT(facts.keywords, ElementsAre("tree", "river", "River"));
}

TEST(CommonFacts, TextsTooLongAreLeftToTheDocument) {
  const auto metadata = WithXmp({{"tiff:Make", {std::string(kMostFactText + 1, 'a')}, false, 0},
                                 {"dc:subject", {std::string(kMostKeywordBytes + 1, 'b'), "c"}, true, 0}});
  EXPECT_EQ(CommonFactsOf(metadata).make, "");
  EXPECT_THAT(CommonFactsOf(metadata).keywords, ElementsAre("c"));
}

TEST(Position, IsExifsAndXmpsWhereExifHasNone) {
  const auto position = [](const char* latitude, const char* longitude) {
    return PositionOf(WithXmp({{"exif:GPSLatitude", {latitude}, false, 0},
                               {"exif:GPSLongitude", {longitude}, false, 0},
                               {"exif:GPSAltitude", {"25/2"}, false, 0},
                               {"exif:GPSAltitudeRef", {"1"}, false, 0}}))
        .value();
  };
  EXPECT_DOUBLE_EQ(position("33,30.0S", "151,12,36E").latitude.value(), -33.5);
  EXPECT_DOUBLE_EQ(position("33,30.0S", "151,12,36E").longitude.value(), 151.21);
  EXPECT_DOUBLE_EQ(position("33,30.0S", "151,12,36E").altitude.value(), -12.5);
  for (const char* latitude : {"", "33", "33,30", "91,0N", "33,60N", "33,30E", "nanN", "1,2,3,4N", "N"}) {
    EXPECT_FALSE(position(latitude, "151,12,36E").latitude) << latitude;
    EXPECT_FALSE(position(latitude, "151,12,36E").longitude) << latitude;
  }
  EXPECT_FALSE(PositionOf(ImageMetadata{}));
}

}  // namespace
}  // namespace pixlake::image
