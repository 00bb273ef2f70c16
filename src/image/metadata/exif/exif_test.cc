#include "image/metadata/exif/exif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/metadata/metadata_fixture_internal.h"

namespace pixlake::image {
namespace {

using testing::HasSubstr;

// GPS behind IFD0, which has the pointer alone.
std::vector<uint8_t> WithGps(const std::vector<Field>& gps) {
  return JpegWithExif(TiffStart() + Directory(8, {{0x8825, kExifLong, 1, Number(26, 4)}}) +
                      Directory(26, gps));
}

Field Text(uint16_t tag, const std::string& text) {
  return {tag, kExifAscii, text.size() + 1, text + '\0'};
}

TEST(Exif, KeepsRationalsExactInBothByteOrders) {
  for (const bool big : {false, true}) {
    const auto bytes = JpegWithExif(
        TiffStart(big) + Directory(8,
                                   {{0x011A, kExifRational, 1, Fractions({4294967295u, 3}, big)},
                                    {0x9204, kExifSignedRational, 1, Fractions({4294967295u, 0}, big)}},
                                   0, big));
    const auto metadata = Read(bytes);
    EXPECT_THAT(JsonOf(metadata),
                HasSubstr(R"("XResolution":{"numerator":4294967295,"denominator":3,"value":1431655765},)"
                          R"("ExposureBiasValue":{"numerator":-1,"denominator":0,"value":null})"));
    EXPECT_EQ(metadata.exif.big_endian, big);
    EXPECT_TRUE(metadata.notes.empty());
  }
}

std::string ExifOf(const std::vector<Field>& fields) {
  const std::string json = JsonOf(Read(JpegWithExif(TiffStart() + Directory(8, fields))));
  const size_t begin = json.find("{\"IFD0\":") + 8;
  return json.substr(begin, json.find(",\"gps\"") - begin - 1);
}

TEST(Exif, AShapeIsTheDefinitionsNotTheFiles) {
  // One value where the count is any, a whole number and a float where there is to be a rational.
  EXPECT_EQ(ExifOf({{0x0102, kExifShort, 1, Number(8, 2)}}), R"({"BitsPerSample":[8]})");
  EXPECT_EQ(ExifOf({{0x011A, kExifShort, 1, Number(72, 2)}}),
            R"({"XResolution":{"numerator":72,"denominator":1,"value":72}})");
  EXPECT_EQ(ExifOf({{0x011A, kExifFloat, 1, Number(0x3FC00000, 4)}}),
            R"({"XResolution":{"numerator":null,"denominator":null,"value":1.5}})");
  EXPECT_EQ(ExifOf({{0x011A, kExifRational, 1, Fractions({71, 10})}}),
            R"({"XResolution":{"numerator":71,"denominator":10,"value":7.1}})");
  EXPECT_EQ(ExifOf({{0x0102, kExifShort, 0, ""}}), R"({"BitsPerSample":[]})");
}

TEST(Exif, WhatDoesNotFitItsTagStandsUnderItsNumber) {
  EXPECT_EQ(ExifOf({Text(0x829D, "2.8")}), R"({"0x829D":{"type":"ASCII","text":"2.8"}})");
  EXPECT_EQ(ExifOf({{0x0112, kExifShort, 2, Number(1, 2) + Number(6, 2)}}),
            R"({"0x0112":{"type":"SHORT","integers":[1,6]}})");
  EXPECT_EQ(ExifOf({{0x0112, kExifShort, 0, ""}}), R"({"0x0112":{"type":"SHORT","integers":[]}})");
  EXPECT_EQ(ExifOf({{0x010F, kExifUndefined, 2, "\1\2"}}),
            R"({"0x010F":{"type":"UNDEFINED","bytes":{"base64":"AQI="}}})");
  // What no table has is always told so.
  EXPECT_EQ(ExifOf({{0x0001, kExifSignedByte, 1, "\xFF"},
                    {0x0002, kExifDouble, 1, Number(0x7FF8000000000000, 8)},
                    {0x0003, kExifSignedRational, 1, Fractions({1, 2})}}),
            R"({"0x0001":{"type":"SBYTE","integers":[-1]},"0x0002":{"type":"DOUBLE","numbers":[null]},)"
            R"("0x0003":{"type":"SRATIONAL","rationals":[{"numerator":1,"denominator":2,"value":0.5}]}})");
}

TEST(Exif, LongListsAreNotMadeManyTimesAsLong) {
  for (const uint16_t tag : {0x0152, 0x9101, 0x013E}) {  // ExtraSamples, ComponentsConfiguration, WhitePoint
    const std::string json = ExifOf({{tag, kExifByte, 60000, std::string(60000, '\1')}});
    EXPECT_THAT(json, HasSubstr("integers")) << tag;
    EXPECT_LT(json.size(), 130000u) << tag;
  }
}

TEST(Exif, CodesAreAlsoWords) {
  EXPECT_EQ(ExifOf({{0x9209, kExifShort, 1, Number(16, 2)}}),
            R"({"Flash":{"value":16,"text":"Off, Did not fire"}})");
  EXPECT_EQ(ExifOf({{0x9209, kExifShort, 1, Number(999, 2)}}), R"({"Flash":{"value":999,"text":null}})");
  EXPECT_EQ(ExifOf({{0x9101, kExifUndefined, 4, "\1\2\3\0"s}}),
            R"({"ComponentsConfiguration":[{"value":1,"text":"Y"},{"value":2,"text":"Cb"},)"
            R"({"value":3,"text":"Cr"},{"value":0,"text":"-"}]})");
  const auto gps = Read(WithGps({Text(1, "S"), Text(3, "x\"")}));
  EXPECT_THAT(JsonOf(gps), HasSubstr(R"("GPSLatitudeRef":{"value":"S","text":"South"})"));
  EXPECT_THAT(JsonOf(gps), HasSubstr(R"("GPSLongitudeRef":{"value":"x\"","text":null})"));
}

TEST(Exif, RejectsIfdThatPointsToItself) {
  const auto metadata =
      Read(JpegWithExif(TiffStart() + Directory(8, {{0x8769, kExifLong, 1, Number(8, 4)}}, 8)));
  EXPECT_EQ(metadata.exif.directories.size(), 1u);
  EXPECT_TRUE(metadata.HasNote("damaged_exif"));
}

TEST(Exif, LeavesOutValuesPastTheEnd) {
  const auto metadata = Read(JpegWithExif(
      TiffStart() + Directory(8, {{0x010F, kExifAscii, 4294967295u, Number(8, 4)},
                                  {0x0112, kExifShort, 1, Number(6, 2)},
                                  {0x011A, kExifRational, 536870912u, Number(4294967295u, 4)}})));
  EXPECT_EQ(metadata.exif.Find("IFD0", 0x010F), nullptr);
  EXPECT_TRUE(metadata.HasNote("damaged_exif"));
  EXPECT_TRUE(metadata.HasNote("orientation"));
}

TEST(Exif, BoundsWhatOverlappingValuesComeTo) {
  std::vector<Field> fields;
  for (uint16_t i = 0; i < 2000; ++i) fields.push_back({i, kExifByte, 60000, Number(8, 4)});
  // By hand: each value's offset instead of a value.
  std::string tiff = TiffStart() + Number(fields.size(), 2);
  for (const Field& field : fields)
    tiff += Number(field.tag, 2) + Number(field.type, 2) + Number(field.count, 4) + Number(8, 4);
  tiff += std::string(40000, '\0');
  const auto metadata = Read(JpegWithExif(tiff));
  EXPECT_TRUE(metadata.HasNote("exif_value_left_out"));
  EXPECT_LT(JsonOf(metadata).size(), 8u << 20);
}

TEST(Exif, DropsRandomBytesTakenForADirectory) {
  std::string noise(4000, '\xEE');
  const auto metadata =
      Read(JpegWithExif(TiffStart() + Directory(8, {{0x8769, kExifLong, 1, Number(26, 4)}}) + noise));
  EXPECT_EQ(metadata.exif.Directory("Exif"), nullptr);
  EXPECT_TRUE(metadata.HasNote("damaged_exif"));
}

TEST(Exif, ReadsBigTiff) {
  // Header of 16 bytes; an entry has 20, its value up to 8.
  std::string tiff = "II+\0"s + Number(8, 2) + Number(0, 2) + Number(16, 8) + Number(2, 8);
  tiff += Number(0x0100, 2) + Number(kExifLong8, 2) + Number(1, 8) + Number(uint64_t{1} << 40, 8);
  tiff += Number(0x0101, 2) + Number(kExifLong8, 2) + Number(~uint64_t{0}, 8) + Number(~uint64_t{0}, 8);
  tiff += Number(0, 8);
  const auto metadata = Read(Bytes(tiff));
  EXPECT_TRUE(metadata.exif.big_tiff);
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("ImageWidth":1099511627776)"));
  EXPECT_TRUE(metadata.HasNote("damaged_exif"));
}

TEST(Exif, DecodesTextByDeclaredOrDetectedEncoding) {
  const auto metadata = Read(
      JpegWithExif(TiffStart() + Directory(8, {Text(0x010E, "caf\xC3\xA9 utf-8"),
                                               Text(0x013B, "Jos\xE9 latin"),
                                               Text(0x8298, "photographer\0editor"s),
                                               {0x9286, kExifUndefined, 18, "JIS\0\0\0\0\0\x1B$B4A;z\x1B(B"s},
                                               {0x9C9B, kExifByte, 4, "\xE9\0\0\0"s}})));
  const std::string json = JsonOf(metadata);
  EXPECT_THAT(json, HasSubstr("\"ImageDescription\":\"caf\xC3\xA9 utf-8\""));
  EXPECT_THAT(json, HasSubstr("\"Artist\":\"Jos\xC3\xA9 latin\""));
  EXPECT_THAT(json, HasSubstr(R"("Copyright":"photographer\neditor")"));
  EXPECT_THAT(json, HasSubstr("\"UserComment\":\"\xE6\xBC\xA2\xE5\xAD\x97\""));
  EXPECT_THAT(json, HasSubstr("\"XPTitle\":\"\xC3\xA9\""));
  ASSERT_EQ(metadata.notes.size(), 1u);
  EXPECT_EQ(metadata.notes[0].field, "IFD0.Artist");
  EXPECT_THAT(json, HasSubstr("\"base64\":\"Sm9z6SBsYXRpbgA=\""));
}

TEST(Exif, NamesTheMakerAndThePlacesWithinTheFile) {
  const std::string ifd0 = Directory(8, {{0x927C, kExifUndefined, 12, "OLYMP\0\1\0abcd"s}}, 38);
  const std::string ifd1 =
      Directory(38, {{0x0201, kExifLong, 1, Number(100, 4)}, {0x0202, kExifLong, 1, Number(5, 4)}});
  const auto metadata = Read(JpegWithExif(TiffStart() + ifd0 + ifd1));
  // SOI, marker, length and "Exif\0\0" are 12 bytes.
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("MakerNote":{"offset":38,"size":12,"maker":"Olympus"})"));
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("thumbnail":{"offset":112,"size":5})"));
}

TEST(Gps, GivesSignedDegreesAltitudeAndUtc) {
  const auto metadata = Read(WithGps({Text(1, "S"),
                                      {2, kExifRational, 3, Fractions({33, 1, 30, 1, 0, 1})},
                                      Text(3, "E"),
                                      {4, kExifRational, 3, Fractions({151, 1, 12, 1, 36, 1})},
                                      {5, kExifByte, 1, "\1"},
                                      {6, kExifRational, 1, Fractions({25, 2})},
                                      {7, kExifRational, 3, Fractions({9, 1, 54, 1, 285, 10})},
                                      {17, kExifRational, 1, Fractions({359, 1})},
                                      Text(29, "2008:05:08")}));
  ASSERT_TRUE(metadata.gps);
  EXPECT_DOUBLE_EQ(metadata.gps->latitude.value(), -33.5);
  EXPECT_DOUBLE_EQ(metadata.gps->longitude.value(), 151.21);
  EXPECT_DOUBLE_EQ(metadata.gps->altitude.value(), -12.5);
  EXPECT_DOUBLE_EQ(metadata.gps->direction.value(), 359);
  EXPECT_EQ(metadata.gps->timestamp, "2008-05-08T09:54:28.500Z");
}

TEST(Gps, BelowSeaLevelSaidTwiceIsBelow) {
  for (const uint32_t metres : {403u, static_cast<uint32_t>(-403)}) {
    const auto metadata =
        Read(WithGps({{5, kExifByte, 1, "\1"}, {6, kExifSignedRational, 1, Fractions({metres, 10})}}));
    EXPECT_DOUBLE_EQ(metadata.gps->altitude.value(), -40.3);
  }
  EXPECT_DOUBLE_EQ(Read(WithGps({{6, kExifSignedRational, 1, Fractions({static_cast<uint32_t>(-403), 10})}}))
                       .gps->altitude.value(),
                   -40.3);
}

std::string Moment(std::string date, std::initializer_list<uint32_t> time) {
  const auto metadata = Read(WithGps({{7, kExifRational, 3, Fractions(time)}, Text(29, date)}));
  EXPECT_NE(metadata.gps->timestamp.empty(), metadata.HasNote("gps_out_of_range") == false) << date;
  return metadata.gps->timestamp;
}

TEST(Gps, DaysAndTimesThatThereAreNotAreNoTimestamp) {
  EXPECT_EQ(Moment("2020:02:29", {9, 1, 5, 1, 7, 1}), "2020-02-29T09:05:07Z");
  EXPECT_EQ(Moment("2000:02:29", {0, 1, 0, 1, 0, 1}), "2000-02-29T00:00:00Z");
  for (const char* date :
       {"2021:02:29", "2021:02:30", "1900:02:29", "2021:04:31", "2021:13:01", "2021:00:10"})
    EXPECT_EQ(Moment(date, {9, 1, 5, 1, 7, 1}), "") << date;
  EXPECT_EQ(Moment("2021:05:05", {24, 1, 0, 1, 0, 1}), "");
  EXPECT_EQ(Moment("2021:05:05", {23, 1, 60, 1, 0, 1}), "");
  EXPECT_EQ(Moment("2021:05:05", {10, 1, 75, 1, 0, 1}), "");
  EXPECT_EQ(Moment("2021:05:05", {10, 1, 20, 1, 61, 1}), "");
  EXPECT_EQ(Moment("2021:05:05", {10, 1, 20, 1, 60, 1}), "2021-05-05T10:21:00Z");
  EXPECT_EQ(Moment("2021:05:05", {21, 2, 0, 1, 0, 1}), "2021-05-05T10:30:00Z");
  EXPECT_EQ(Moment("2016:12:31", {23, 1, 59, 1, 60, 1}), "2016-12-31T23:59:60Z");
  EXPECT_EQ(Moment("2021:05:05", {23, 1, 59, 1, 599999, 10000}), "2021-05-05T23:59:59.999Z");
}

TEST(Exif, OfSeveralTheFirstThatHoldsAnythingCounts) {
  const auto segment = [](const std::string& tiff) { return JpegSegment(0xE1, "Exif\0\0"s + tiff); };
  const std::string good = TiffStart() + Directory(8, {Text(0x010F, "Maker")});
  const std::string other = TiffStart() + Directory(8, {Text(0x010F, "Other")});
  for (const std::string& first : {std::string(), std::string(40, '\0'), TiffStart() + Directory(8, {}),
                                   "II*\0\xFF\xFF\0\0"s, "II*\0"s}) {
    const auto metadata = Read(JpegWith(segment(first) + segment(good)));
    EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("Make":"Maker")"));
    EXPECT_TRUE(metadata.HasNote("damaged_exif"));
    EXPECT_FALSE(metadata.HasNote("second_exif"));
  }
  const auto two = Read(JpegWith(segment(good) + segment(other)));
  EXPECT_THAT(JsonOf(two), HasSubstr(R"("Make":"Maker")"));
  EXPECT_TRUE(two.HasNote("second_exif"));
}

TEST(Gps, NeverGuessesAReference) {
  const auto metadata = Read(WithGps({{2, kExifRational, 3, Fractions({33, 1, 30, 1, 0, 1})},
                                      Text(3, "X"),
                                      {4, kExifRational, 3, Fractions({151, 1, 12, 1, 36, 1})}}));
  EXPECT_FALSE(metadata.gps->latitude || metadata.gps->longitude);
  EXPECT_TRUE(metadata.HasNote("gps_without_reference"));
}

TEST(Gps, TakesZeroByZeroForNoPositionAndRefusesWhatIsOutOfRange) {
  const auto none = Read(WithGps({Text(1, "N"), {2, kExifRational, 3, Fractions({0, 0, 0, 0, 0, 0})}}));
  EXPECT_FALSE(none.gps->latitude);
  EXPECT_TRUE(none.HasNote("gps_no_position"));
  const auto beyond = Read(WithGps({Text(1, "N"), {2, kExifRational, 3, Fractions({90, 1, 1, 1, 0, 1})}}));
  EXPECT_FALSE(beyond.gps->latitude);
  EXPECT_TRUE(beyond.HasNote("gps_out_of_range"));
}

}  // namespace
}  // namespace pixlake::image
