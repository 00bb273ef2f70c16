#include <random>

#include <gtest/gtest.h>

#include "image/header/header_fixture_internal.h"

namespace pixlake::image {
namespace {

HeaderResult Read(std::string_view text) {
  return ReadHeader(Bytes(text));
}

void ExpectHeader(const HeaderResult& result, Verdict verdict, int64_t width, int64_t height, int channels,
                  int bits) {
  EXPECT_EQ(result.judgement.verdict, verdict) << result.judgement.message;
  ASSERT_TRUE(result.header.has_value());
  EXPECT_EQ(result.header->width, width);
  EXPECT_EQ(result.header->height, height);
  EXPECT_EQ(result.header->channels, channels);
  EXPECT_EQ(result.header->bit_depth, bits);
}

TEST(JpegHeaderTest, ReadsTheSizeOfEveryKindOfFrame) {
  for (const uint8_t marker : {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}) {
    ExpectHeader(Read(Jpeg(JpegFrame(marker, 300, 5, 3))), Verdict::kOk, 300, 5, 3, 8);
  }
  for (const uint8_t marker : {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}) {
    ExpectHeader(Read(Jpeg(JpegFrame(marker, 300, 5, 1))), Verdict::kUnsupported, 300, 5, 1, 8);
  }
  ExpectHeader(Read(Jpeg(JpegFrame(0xC1, 300, 5, 1, 12))), Verdict::kUnsupported, 300, 5, 1, 12);
  ExpectHeader(Read(Jpeg(JpegFrame(0xC0, 300, 5, 4))), Verdict::kOk, 300, 5, 4, 8);
  ExpectHeader(Read(Jpeg(JpegFrame(0xC0, 300, 5, 2))), Verdict::kUnsupported, 300, 5, 2, 8);
}

TEST(JpegHeaderTest, BytesAfterTheEndDoNotMatter) {
  const std::string jpeg = Jpeg(JpegFrame(0xC0, 8, 8, 1));
  ExpectHeader(Read(jpeg + std::string(10000, 'x')), Verdict::kOk, 8, 8, 1, 8);
  // Nor does an end within a thumbnail in front of the scan stand for the image's own.
  const std::string thumbnail = JpegSegment(0xE1, "\xFF\xD8\xFF\xD9"sv);
  const std::string inside = JpegStart() + thumbnail + JpegFrame(0xC0, 8, 8, 1) + JpegScan();
  ExpectHeader(Read(inside), Verdict::kTruncated, 8, 8, 1, 8);
  EXPECT_EQ(Read(inside).judgement.offset, static_cast<int64_t>(inside.size()));
}

TEST(JpegHeaderTest, FindsAnEndAcrossTheBordersOfItsSearch) {
  const std::string start = JpegStart() + JpegFrame(0xC0, 8, 8, 1) + JpegScan();
  for (const size_t tail : {0u, 1u, 4093u, 4094u, 4095u, 4096u, 8190u, 8191u, 8192u}) {
    for (const size_t before : {0u, 1u, 5000u}) {
      const auto result = Read(start + std::string(before, 'x') + "\xFF\xD9" + std::string(tail, 'x'));
      EXPECT_EQ(result.judgement.verdict, Verdict::kOk) << before << " " << tail;
    }
  }
}

TEST(JpegHeaderTest, TheHeightMayStandInDnl) {
  const std::string scan = JpegScan() + "\xFF\0x\xFF\xD0y"s;
  const std::string dnl = JpegSegment(0xDC, Number(77, 2, true));
  const std::string start = JpegStart() + JpegFrame(0xC0, 8, 0, 1) + scan;
  ExpectHeader(Read(start + dnl + "\xFF\xD9"), Verdict::kUnsupported, 8, 77, 1, 8);
  EXPECT_EQ(Read(start + "\xFF\xD9").judgement.verdict, Verdict::kCorrupt);
}

TEST(JpegHeaderTest, RefusesWhatNoDecoderTakes) {
  const auto verdict = [](const std::string& jpeg) { return Read(jpeg).judgement.verdict; };
  EXPECT_EQ(verdict(JpegStart() + "\xFF\xD9"), Verdict::kCorrupt);
  EXPECT_EQ(verdict(JpegStart() + JpegScan() + "\xFF\xD9"), Verdict::kCorrupt);
  EXPECT_EQ(verdict(Jpeg(JpegFrame(0xC0, 8, 8, 1) + JpegFrame(0xC0, 8, 8, 1))), Verdict::kCorrupt);
  EXPECT_EQ(verdict(Jpeg(JpegFrame(0xC0, 0, 8, 1))), Verdict::kCorrupt);
  EXPECT_EQ(verdict(JpegStart() + "\xFF\xE0\0\1"s + JpegFrame(0xC0, 8, 8, 1)), Verdict::kCorrupt);
  EXPECT_EQ(verdict("\xFF\xD8" + JpegFrame(0xC0, 8, 8, 1) + JpegScan() + "\xFF\xD9"), Verdict::kCorrupt);
  const std::string whole = Jpeg(JpegFrame(0xC0, 8, 8, 3));
  for (size_t size = 3; size + 1 < whole.size(); ++size) {
    EXPECT_EQ(verdict(whole.substr(0, size)), Verdict::kTruncated) << size;
  }
}

std::vector<TiffField> Fields(uint64_t offset, uint64_t bytes = 12) {
  return {{256, 3, 1, 3}, {257, 3, 1, 4},      {258, 3, 1, 8},
          {262, 3, 1, 1}, {273, 4, 1, offset}, {279, 4, 1, bytes}};
}

TEST(TiffHeaderTest, BothByteOrdersAndBothWidths) {
  for (const bool big_endian : {false, true}) {
    for (const bool big_tiff : {false, true}) {
      const std::string file = Tiff(Fields(20), std::string(12, 'p'), big_endian, big_tiff);
      ExpectHeader(Read(file), Verdict::kOk, 3, 4, 1, 8);
    }
  }
}

TEST(TiffHeaderTest, StripsLieWithinTheFile) {
  const std::string pixels(12, 'p');
  const uint64_t place = Tiff(Fields(0), "").size();
  ExpectHeader(Read(Tiff(Fields(place), pixels)), Verdict::kOk, 3, 4, 1, 8);
  ExpectHeader(Read(Tiff(Fields(place + 1), pixels)), Verdict::kTruncated, 3, 4, 1, 8);
  ExpectHeader(Read(Tiff(Fields(place, 13), pixels)), Verdict::kTruncated, 3, 4, 1, 8);
  ExpectHeader(Read(Tiff(Fields(0xFFFFFFFF), pixels)), Verdict::kTruncated, 3, 4, 1, 8);
  auto fields = Fields(0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF);
  fields[4].type = fields[5].type = 16;
  ExpectHeader(Read(Tiff(fields, pixels, false, true)), Verdict::kTruncated, 3, 4, 1, 8);
}

TEST(TiffHeaderTest, TilesAndPlanesAreCounted) {
  auto fields = Fields(8, 1000);
  fields.push_back({277, 3, 1, 3});
  fields.push_back({284, 3, 1, 2});
  EXPECT_EQ(Read(Tiff(fields, std::string(2000, 'p'))).judgement.verdict,
            Verdict::kCorrupt);  // 1 strip for 3 planes
  std::vector<TiffField> tiled{{256, 3, 1, 3},  {257, 3, 1, 4}, {258, 3, 1, 8},  {322, 3, 1, 16},
                               {323, 3, 1, 16}, {324, 4, 1, 8}, {325, 4, 1, 256}};
  ExpectHeader(Read(Tiff(tiled, std::string(256, 'p'))), Verdict::kOk, 3, 4, 1, 8);
  tiled[0].value = 17;
  EXPECT_EQ(Read(Tiff(tiled, std::string(256, 'p'))).judgement.verdict, Verdict::kCorrupt);
  tiled[3].value = 0;
  EXPECT_EQ(Read(Tiff(tiled, std::string(256, 'p'))).judgement.verdict, Verdict::kCorrupt);
}

TEST(TiffHeaderTest, DirectoriesThatGoInCirclesEndWhereTheyMeet) {
  const auto message = [](const HeaderResult& result) {
    EXPECT_EQ(result.judgement.verdict, Verdict::kOk);
    return result.irregular.empty() ? "" : result.irregular.front().message;
  };
  EXPECT_EQ(message(Read(Tiff(Fields(20), std::string(12, 'p'), false, false, 8))),
            "TIFF: the chain of directories is a loop");
  // A ring that the first directory is not part of.
  const uint64_t place = Tiff(Fields(20), std::string(12, 'p')).size();
  std::string file = Tiff(Fields(20), std::string(12, 'p'), false, false, place);
  for (int i = 0; i < 5; ++i) {
    file += Number(1, 2) + std::string(12, '\0') + Number(i == 4 ? place + 18 : file.size() + 18, 4);
  }
  EXPECT_EQ(message(Read(file)), "TIFF: the chain of directories is a loop");
}

TEST(TiffHeaderTest, PalettesAreThreeChannelsOfEightBits) {
  auto fields = Fields(20);
  fields[3].value = 3;
  ExpectHeader(Read(Tiff(fields, std::string(12, 'p'))), Verdict::kOk, 3, 4, 3, 8);
}

TEST(TiffHeaderTest, TablesThatPixelsNeedLieWithinTheFile) {
  for (const TiffField table : {TiffField{320, 3, 768, 20}, TiffField{347, 7, 300, 20}}) {
    auto fields = Fields(20);
    fields.push_back(table);
    EXPECT_EQ(Read(Tiff(fields, std::string(12, 'p'))).judgement.verdict, Verdict::kTruncated);
    EXPECT_EQ(Read(Tiff(fields, std::string(2000, 'p'))).judgement.verdict, Verdict::kOk);
  }
}

TEST(TiffHeaderTest, OfAFieldThatStandsTwiceTheFirstCounts) {
  auto fields = Fields(20);
  fields.push_back({256, 3, 1, 30000});
  ExpectHeader(Read(Tiff(fields, std::string(12, 'p'))), Verdict::kOk, 3, 4, 1, 8);
}

TEST(ReadHeaderTest, DamagedBytesGiveVerdictsAndNothingElse) {
  std::mt19937 random(7);
  for (const std::string& file : {Jpeg(JpegFrame(0xC0, 8, 8, 3)), Tiff(Fields(20), std::string(12, 'p')),
                                  Tiff(Fields(20), std::string(12, 'p'), true, true)}) {
    for (int round = 0; round < 20000; ++round) {
      auto bytes = Bytes(file);
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
      const auto result = ReadHeader(bytes);
      EXPECT_TRUE(result.judgement.verdict != Verdict::kOk || (result.header && result.header->width > 0));
      EXPECT_LE(result.judgement.offset, static_cast<int64_t>(bytes.size()) + 0xFFFFFFFFLL);
    }
  }
}

}  // namespace
}  // namespace pixlake::image
