// What breaks a format and costs no pixel is ok and said; what is sound and not read is
// unsupported; what loses pixels stays a verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/header/header_fixture_internal.h"

namespace pixlake::image {
namespace {

using testing::HasSubstr;

// The verdict, then what is irregular.
std::string Said(std::string_view file) {
  const HeaderResult result = ReadHeader(Bytes(file));
  std::string text(VerdictName(result.judgement.verdict));
  for (const Irregularity& irregularity : result.irregular) text += "; " + irregularity.message;
  return text;
}

std::string Gif(std::string_view between) {
  const std::string screen = "GIF89a" + Number(1, 2) + Number(1, 2) + std::string(3, '\0');
  const std::string image = "," + Number(0, 4) + Number(1, 2) + Number(1, 2) + "\0\2\2\x44\1\0"s;
  return screen + image + std::string(between) + image + std::string(between) + ";";
}

TEST(IrregularGifTest, BytesBetweenBlocksAreSkipped) {
  EXPECT_EQ(Said(Gif("")), "ok");
  EXPECT_EQ(Said(Gif(std::string(1, '\0'))), "ok; GIF: bytes between blocks");
  EXPECT_EQ(Said(Gif(std::string(5000, '\0'))), "ok; GIF: bytes between blocks");
  EXPECT_EQ(Said(Gif("\xFF")), "ok; GIF: bytes between blocks");
  EXPECT_THAT(Said(Gif(std::string(9, '?'))), HasSubstr("corrupt"));  // as after damage
}

std::string Png(int colour, std::string_view before, std::string_view behind = "") {
  return PngStart(3, 2, 8, colour) + std::string(before) + PngChunk("IDAT", "xx") + std::string(behind) +
         PngChunk("IEND", "");
}

std::string WrongCrc(std::string chunk) {
  chunk.back() = static_cast<char>(chunk.back() ^ 1);
  return chunk;
}

TEST(IrregularPngTest, PalettesThatNoPixelNeedsAreLeftOut) {
  const std::string palette = PngChunk("PLTE", "rgbRGB");
  EXPECT_EQ(Said(Png(2, palette)), "ok");
  EXPECT_THAT(Said(Png(2, palette + palette)), HasSubstr("ok; PNG: a second PLTE"));
  EXPECT_THAT(Said(Png(2, PngChunk("PLTE", "four"))), HasSubstr("ok; PNG: PLTE of 4 bytes"));
  EXPECT_THAT(Said(Png(0, palette)), HasSubstr("ok; PNG: PLTE in an image of greys"));
  EXPECT_THAT(Said(Png(3, palette, palette)), HasSubstr("ok; PNG: PLTE behind IDAT"));
  EXPECT_THAT(Said(Png(2, WrongCrc(palette))), HasSubstr("ok; PNG: the CRC of PLTE"));
  EXPECT_THAT(Said(Png(3, "")), HasSubstr("corrupt"));
  EXPECT_THAT(Said(Png(3, WrongCrc(palette))), HasSubstr("corrupt"));
}

TEST(IrregularPngTest, ChecksumsOfAncillaryChunksAreNoted) {
  EXPECT_EQ(Said(Png(0, WrongCrc(PngChunk("tEXt", "a\0b"sv)))), "ok; PNG: the CRC of tEXt is wrong");
  EXPECT_EQ(Said(Png(0, "", WrongCrc(PngChunk("tIME", "1234567")))), "ok; PNG: the CRC of tIME is wrong");
  const HeaderResult result = ReadHeader(Bytes(Png(0, WrongCrc(PngChunk("tRNS", "xx")))));
  EXPECT_EQ(result.header->channels, 1);  // a transparency that may be any is none
  EXPECT_EQ(result.irregular.size(), 1u);
}

TEST(IrregularPngTest, TransparencyOfAWrongSizeIsNone) {
  for (const auto& [colour, size] : {std::pair(0, 3), std::pair(2, 2), std::pair(6, 6)}) {
    const auto result =
        ReadHeader(Bytes(Png(colour, PngChunk("tRNS", std::string(static_cast<size_t>(size), 'x')))));
    EXPECT_EQ(result.judgement.verdict, Verdict::kOk);
    EXPECT_EQ(result.irregular.size(), 1u) << colour;
  }
}

// A directory at `offset` with 4x3 pixels of 8 bits in one strip at byte 8, or other fields.
std::string Page(const std::vector<TiffField>& fields, uint64_t next) {
  std::string directory = Number(fields.size(), 2);
  for (const TiffField& field : fields) {
    directory +=
        Number(field.tag, 2) + Number(field.type, 2) + Number(field.count, 4) + Number(field.value, 4);
  }
  return directory + Number(next, 4);
}

const std::vector<TiffField> kImage{{256, 4, 1, 4}, {257, 4, 1, 3}, {258, 3, 1, 8},
                                    {262, 3, 1, 1}, {273, 4, 1, 8}, {279, 4, 1, 12}};
constexpr uint64_t kPageBytes = 2 + 6 * 12 + 4;

std::string Pages(const std::vector<uint64_t>& nexts) {
  std::string file = "II*\0"s + Number(20, 4) + std::string(12, 'p');
  for (const uint64_t next : nexts) file += Page(kImage, next);
  return file;
}

TEST(IrregularTiffTest, AnOffsetOfAnotherPageThatIsGarbageHidesNoPixel) {
  EXPECT_EQ(Said(Pages({0})), "ok");
  EXPECT_THAT(Said(Pages({99999})), HasSubstr("ok; TIFF: the offset of another directory"));
  EXPECT_THAT(Said(Pages({3})), HasSubstr("ok; TIFF: the offset of another directory"));
  EXPECT_THAT(Said(Pages({9})), HasSubstr("ok; TIFF: the offset of another directory"));  // pixels
  EXPECT_THAT(Said(Pages({20})), HasSubstr("ok; TIFF: the chain of directories is a loop"));
  EXPECT_THAT(Said(Pages({20 + kPageBytes, 20})), HasSubstr("ok; TIFF: the chain of directories is a loop"));
  const std::string whole = Pages({0});
  EXPECT_THAT(Said(whole.substr(0, whole.size() - 4)),
              HasSubstr("ok; TIFF: the file ends before the offset"));
}

TEST(IrregularTiffTest, PagesThatAreCutOffAreMissed) {
  const std::string two = Pages({20 + kPageBytes, 0}),
                    three = Pages({20 + kPageBytes, 20 + 2 * kPageBytes, 0});
  EXPECT_EQ(Said(two), "ok");
  EXPECT_THAT(Said(two.substr(0, two.size() - 30)), HasSubstr("truncated_at"));
  EXPECT_THAT(Said(three.substr(0, three.size() - kPageBytes)), HasSubstr("truncated_at"));
  // One directory that says that there are 2 pages.
  std::string file = "II*\0"s + Number(20, 4) + std::string(12, 'p');
  auto fields = kImage;
  fields.push_back({297, 3, 2, 2 << 16});
  EXPECT_THAT(Said(file + Page(fields, 99999)), HasSubstr("truncated_at"));
}

TEST(IrregularTiffTest, EveryPageIsJudgedAndOneWithoutPixelsIsNone) {
  const std::string first = Pages({20 + kPageBytes});
  EXPECT_EQ(Said(first + Page({{271, 4, 1, 0}}, 0)), "ok; TIFF: directory 2 holds no image");
  auto cut = kImage;
  cut[4].value = 5000;
  EXPECT_THAT(Said(first + Page(cut, 0)), HasSubstr("truncated_at"));
  cut[4].value = 8;
  cut.insert(cut.begin() + 3, {259, 3, 1, 50001});
  EXPECT_THAT(Said(first + Page(cut, 0)), HasSubstr("unsupported"));
}

TEST(IrregularTiffTest, TilesMayBeListedInTheTagsOfStrips) {
  std::vector<TiffField> fields{{256, 4, 1, 4},   {257, 4, 1, 3},  {258, 3, 1, 8},
                                {262, 3, 1, 1},   {273, 4, 1, 8},  {278, 3, 1, 3},
                                {279, 4, 1, 256}, {322, 3, 1, 16}, {323, 3, 1, 16}};
  const std::string tile = std::string(256, 'p');
  const std::string start = "II*\0"s + Number(264, 4);
  EXPECT_EQ(Said(start + tile + Page(fields, 0)), "ok; TIFF: strips and tiles have one another's tags");
  fields[6].value = 48;  // a tile is whole or it is not there
  EXPECT_EQ(Said(start + tile + Page(fields, 0)).substr(0, 2),
            "ok");       // one piece: libtiff works its size out
  fields[0].value = 17;  // two tiles are needed
  EXPECT_THAT(Said(start + tile + Page(fields, 0)), HasSubstr("corrupt"));
}

TEST(UnsupportedTest, SoundKindsThatAreNotReadAreNotCorrupt) {
  EXPECT_THAT(Said(JpegStart() + JpegFrame(0xC3, 8, 8, 1) + JpegScan() + "\xFF\xD9"),
              HasSubstr("unsupported"));
  EXPECT_THAT(Said("\xFF\xD8" + JpegFrame(0xF7, 8, 8, 1) + JpegScan() + "\xFF\xD9"),
              HasSubstr("unsupported"));
  std::string info = Number(40, 4) + Number(1, 4) + Number(1, 4) + Number(1, 2) + Number(64, 2);
  info.resize(40, '\0');
  EXPECT_THAT(Said("BM" + Number(0, 8) + Number(54, 4) + info + std::string(8, 'p')),
              HasSubstr("unsupported"));
  // A lossless JPEG in a TIFF's strip.
  auto fields = kImage;
  fields.insert(fields.begin() + 3, {259, 3, 1, 7});
  const std::string stream = "\xFF\xD8" + JpegFrame(0xC3, 4, 3, 1);
  const std::string file = "II*\0"s + Number(8 + stream.size(), 4) + stream;
  EXPECT_THAT(Said(file + Page(fields, 0)), HasSubstr("unsupported"));
}

TEST(BombTest, NamesTheOptionThatRaisesTheLimit) {
  const auto result = ReadHeader(Bytes(PngStart(0x7FFFFFFF, 0x7FFFFFFF, 8, 6)));
  EXPECT_THAT(result.judgement.message, HasSubstr("--max-pixels"));
}

}  // namespace
}  // namespace pixlake::image
