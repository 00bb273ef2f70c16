#include "image/header/image_header.h"

#include <ctime>

#include <gtest/gtest.h>

#include "image/header/header_fixture_internal.h"

namespace pixlake::image {
namespace {

HeaderResult Read(std::string_view text, const HeaderLimits& limits = {}) {
  return ReadHeader(Bytes(text), limits);
}

// "PNG 3x2 4x8 ok": format, size, channels, bits, verdict.
std::string Summary(const HeaderResult& result) {
  std::string text;
  if (const auto& header = result.header) {
    text = std::string(FormatName(header->format)) + " " + std::to_string(header->width) + "x" +
           std::to_string(header->height) + " " + std::to_string(header->channels) + "x" +
           std::to_string(header->bit_depth) + " ";
  }
  return text + std::string(VerdictName(result.judgement.verdict));
}

std::string Summary(std::string_view text) {
  return Summary(Read(text));
}

std::string Png(int depth, int colour, std::string_view before = "", std::string_view data = "xx") {
  return PngStart(3, 2, depth, colour) + std::string(before) + PngChunk("IDAT", data) + PngChunk("IEND", "");
}

TEST(VerdictTest, NamesGoBothWays) {
  for (int i = 0; i <= static_cast<int>(Verdict::kUnreadable); ++i) {
    EXPECT_EQ(VerdictFromName(VerdictName(static_cast<Verdict>(i))), static_cast<Verdict>(i));
  }
  EXPECT_EQ(VerdictFromName("fine"), std::nullopt);
}

TEST(DetectTest, GoesByBytesAndNotByName) {
  EXPECT_EQ(DetectFormat(Bytes("\xFF\xD8\xFF")), ImageFormat::kJpeg);
  EXPECT_EQ(DetectFormat(Bytes("MM\0+"sv)), ImageFormat::kTiff);
  EXPECT_EQ(DetectFormat(Bytes("BMW is a car, and this is text")), std::nullopt);
  EXPECT_EQ(DetectFormat({}), std::nullopt);
  EXPECT_TRUE(NameClaimsImage("folder.d/A.JPG"));
  EXPECT_TRUE(NameClaimsImage("b.heic"));
  EXPECT_FALSE(NameClaimsImage("jpg"));
  EXPECT_FALSE(NameClaimsImage("a.jpg/readme"));
  EXPECT_EQ(GuessMimeType(Bytes("\x89PNG"), "a.txt"), "image/png");
  EXPECT_EQ(GuessMimeType(Bytes("{\"a\": 1}"), "a.jpg"), "application/json");
  EXPECT_EQ(GuessMimeType(Bytes("hello"), "README"), "text/plain");
  EXPECT_EQ(GuessMimeType(Bytes("\1\2\3"), "a.png"), "application/octet-stream");
  EXPECT_EQ(GuessMimeType(Bytes("a,b"), "table.CSV"), "text/csv");
}

TEST(ReadHeaderTest, NothingAndUnknownBytes) {
  EXPECT_EQ(Summary(""), "empty");
  EXPECT_EQ(Summary("just text"), "unsupported");
}

TEST(PngHeaderTest, ChannelsAreThoseOfDecodedPixels) {
  EXPECT_EQ(Summary(Png(16, 0)), "PNG 3x2 1x16 ok");
  EXPECT_EQ(Summary(Png(1, 0, PngChunk("tRNS", "xx"))), "PNG 3x2 2x1 ok");
  EXPECT_EQ(Summary(Png(8, 2)), "PNG 3x2 3x8 ok");
  EXPECT_EQ(Summary(Png(8, 2, PngChunk("tRNS", "xxxxxx"))), "PNG 3x2 4x8 ok");
  EXPECT_EQ(Summary(Png(4, 3, PngChunk("PLTE", "rgb"))), "PNG 3x2 3x8 ok");
  EXPECT_EQ(Summary(Png(4, 3, PngChunk("PLTE", "rgb") + PngChunk("tRNS", "x"))), "PNG 3x2 4x8 ok");
  EXPECT_EQ(Summary(Png(8, 4)), "PNG 3x2 2x8 ok");
  EXPECT_EQ(Summary(Png(16, 6)), "PNG 3x2 4x16 ok");
}

TEST(PngHeaderTest, RefusesWhatTheSpecificationForbids) {
  EXPECT_EQ(Summary(Png(3, 0)), "corrupt");
  EXPECT_EQ(Summary(Png(16, 3)), "corrupt");
  EXPECT_EQ(Summary(Png(8, 7)), "corrupt");
  EXPECT_EQ(Summary(Png(8, 3)), "PNG 3x2 3x8 corrupt");  // no palette
  EXPECT_EQ(Summary(Png(8, 3, PngChunk("PLTE", "xx"))), "PNG 3x2 3x8 corrupt");
  EXPECT_EQ(Summary(Png(8, 0, PngChunk("NEWS", ""))), "PNG 3x2 1x8 unsupported");
  EXPECT_EQ(Summary(PngStart(3, 2, 8, 0) + PngChunk("IEND", "")), "PNG 3x2 1x8 corrupt");
  EXPECT_EQ(Summary(PngStart(0, 2, 8, 0) + PngChunk("IEND", "")), "corrupt");
  EXPECT_EQ(Summary(Png(8, 0, PngChunk("IDAT", "x") + PngChunk("tEXt", ""))), "PNG 3x2 1x8 corrupt");
  EXPECT_EQ(Summary("\x89PNG\n\n\x1A\n and so on"), "corrupt");
}

TEST(PngHeaderTest, CrcsOfCriticalChunksCount) {
  std::string png = Png(8, 0, PngChunk("tEXt", "abc"));
  png[png.find("abc")] = 'x';  // ancillary
  EXPECT_EQ(Summary(png), "PNG 3x2 1x8 ok");
  png[png.find("IDAT") + 5] ^= 1;
  EXPECT_EQ(Summary(png), "PNG 3x2 1x8 corrupt");
  png[16] ^= 1;
  EXPECT_EQ(Summary(png), "corrupt");
}

TEST(GifHeaderTest, WalksItsBlocksToTheTrailer) {
  const std::string screen = "GIF89a" + Number(4, 2) + Number(3, 2) + std::string(3, '\0');
  const std::string image = "," + Number(0, 4) + Number(2, 2) + Number(9, 2) + std::string(1, '\0') +
                            "\2\1x" + std::string(1, '\0');
  const std::string control = "!\xF9\4\1"s + std::string(4, '\0');
  EXPECT_EQ(Summary(screen + image + ";"), "GIF 4x9 3x8 ok");
  EXPECT_EQ(Summary(screen + control + image + ";and more"), "GIF 4x9 4x8 ok");
  EXPECT_EQ(Summary(screen + image), "GIF 4x9 3x8 truncated_at");
  EXPECT_EQ(Summary(screen + image.substr(0, 13)), "GIF 4x9 3x8 truncated_at");
  EXPECT_EQ(Summary(screen + ";"), "corrupt");
  EXPECT_EQ(Summary(screen + std::string(17, '?') + image + ";"), "GIF 4x3 3x8 corrupt");
}

std::string Bmp(const std::string& info, uint64_t pixels) {
  return "BM" + Number(0, 8) + Number(14 + info.size(), 4) + info + std::string(pixels, 'p');
}

std::string BmpInfo(uint64_t size, uint64_t width, uint64_t height, uint64_t bits, uint64_t compression = 0) {
  std::string info = Number(size, 4) + Number(width, 4) + Number(height, 4) + Number(1, 2) + Number(bits, 2) +
                     Number(compression, 4);
  info.resize(size, '\0');
  return info;
}

TEST(BmpHeaderTest, ReadsEveryHeaderThereHasBeen) {
  const std::string core = Number(12, 4) + Number(3, 2) + Number(2, 2) + Number(1, 2) + Number(24, 2);
  EXPECT_EQ(Summary(Bmp(core, 24)), "BMP 3x2 3x8 ok");
  for (const uint64_t size : {16u, 40u, 52u, 56u, 64u, 108u, 124u}) {
    EXPECT_EQ(Summary(Bmp(BmpInfo(size, 3, 2, 24), 24)), "BMP 3x2 3x8 ok") << size;
    EXPECT_EQ(Summary(Bmp(BmpInfo(size, 3, 2, 24), 23)), "BMP 3x2 3x8 truncated_at") << size;
  }
  EXPECT_EQ(Summary(Bmp(BmpInfo(40, 3, uint64_t{0} - 2, 1), 8)), "BMP 3x2 3x8 ok");  // top down
  EXPECT_EQ(Summary(Bmp(BmpInfo(40, 3, 0x80000000, 32), 8)), "BMP 3x2147483648 3x8 bomb");
  std::string masked = BmpInfo(108, 1, 1, 32, 3);
  masked[66 - 14 + 3] = '\xFF';
  EXPECT_EQ(Summary(Bmp(masked, 4)), "BMP 1x1 4x8 ok");
  EXPECT_EQ(Summary(Bmp(BmpInfo(64, 3, 2, 1, 3), 8)), "BMP 3x2 3x8 unsupported");
  EXPECT_EQ(Summary(Bmp(BmpInfo(40, 3, 2, 5), 8)), "BMP 3x2 3x8 corrupt");
  EXPECT_EQ(Summary(Bmp(BmpInfo(40, 0, 2, 8), 8)), "corrupt");
}

std::string Webp(std::string_view chunks) {
  return "RIFF" + Number(chunks.size() + 4, 4) + "WEBP" + std::string(chunks);
}

TEST(WebpHeaderTest, ReadsLossyLosslessAndExtended) {
  const std::string lossy = "VP8 " + Number(10, 4) + "\x10\0\0\x9D\x01\x2A"s + Number(5, 2) + Number(7, 2);
  const std::string lossless = "VP8L" + Number(6, 4) + "\x2F" + Number(4 | 6 << 14 | 1u << 28, 4) + "x";
  const std::string extended = "VP8X" + Number(10, 4) + Number(0x10, 4) + Number(4, 3) + Number(6, 3);
  EXPECT_EQ(Summary(Webp(lossy)), "WEBP 5x7 3x8 ok");
  EXPECT_EQ(Summary(Webp(lossless)), "WEBP 5x7 4x8 ok");
  EXPECT_EQ(Summary(Webp(extended + lossy)), "WEBP 5x7 4x8 ok");
  EXPECT_EQ(Summary(Webp(extended)), "WEBP 5x7 4x8 corrupt");
  EXPECT_EQ(Summary(Webp(lossy + "EXIF")).substr(0, 15), "WEBP 5x7 3x8 ok");
  const std::string whole = Webp(lossy + "EXIF" + Number(4, 4) + "exif");
  EXPECT_EQ(Summary(whole.substr(0, whole.size() - 1)), "WEBP 5x7 3x8 truncated_at");
  EXPECT_EQ(Summary(Webp(extended + lossy).substr(0, 40)), "WEBP 5x7 4x8 truncated_at");
  EXPECT_EQ(Summary("RIFF" + Number(4, 4) + "WEBP" + lossy), "WEBP 5x7 3x8 corrupt");
}

TEST(ReadHeaderTest, ABombKeepsItsHeader) {
  EXPECT_EQ(Summary(PngStart(0x7FFFFFFF, 0x7FFFFFFF, 8, 6)), "PNG 2147483647x2147483647 4x8 bomb");
  EXPECT_EQ(Summary(Read(Png(8, 0), {6})), "PNG 3x2 1x8 ok");
  EXPECT_EQ(Summary(Read(Png(8, 0), {5})), "PNG 3x2 1x8 bomb");
}

// Hostile files that make a parser look at as many places as it can.
TEST(ReadHeaderTest, LargeHostileFilesTakeLittleTime) {
  constexpr size_t kSize = 100 << 20;
  std::vector<std::pair<std::string, std::string>> files;
  files.emplace_back("segments", "\xFF\xD8");
  while (files.back().second.size() < kSize) files.back().second += "\xFF\xE0\0\2"sv;
  files.emplace_back("fill bytes", "\xFF\xD8" + std::string(kSize, '\xFF'));
  files.emplace_back("half markers", JpegStart() + JpegFrame(0xC0, 0, 0, 1) + JpegScan());
  while (files.back().second.size() < kSize) files.back().second += "\xFF\0"sv;
  files.emplace_back("half ends",
                     JpegStart() + JpegFrame(0xC0, 8, 8, 1) + JpegScan() + std::string(kSize, '\xD9'));
  files.emplace_back("chunks", PngStart(1, 1, 8, 0));
  for (const std::string chunk = PngChunk("IDAT", ""); files.back().second.size() < kSize;)
    files.back().second += chunk;
  files.emplace_back("one chunk", PngStart(1, 1, 8, 0) + PngChunk("IDAT", std::string(kSize, 'x')));
  files.emplace_back("blocks", "GIF89a\1\0\1\0\0\0\0!\xFE"s);
  while (files.back().second.size() < kSize) files.back().second += "\1x";
  // 2^23 strips of a row each, their offsets (and sizes, the same) all the number 8.
  constexpr uint64_t kStrips = uint64_t{1} << 23;
  files.emplace_back("strips", Tiff({{256, 3, 1, 1},
                                     {257, 4, 1, kStrips},
                                     {258, 3, 1, 8},
                                     {259, 3, 1, 5},
                                     {273, 4, kStrips, 200},
                                     {278, 3, 1, 1},
                                     {279, 4, kStrips, 200}},
                                    "", false, false, 7));
  files.back().second.resize(200, '\0');
  while (files.back().second.size() < 200 + kStrips * 4) files.back().second += "\x08\0\0\0"sv;
  files.emplace_back("entries", Tiff(std::vector<TiffField>(kSize / 20, {700, 3, 1, 1}), "", false, true));
  files.emplace_back("RIFF chunks",
                     "RIFF\xFF\xFF\xFF\x06"
                     "WEBPVP8X\x0A\0\0\0"s +
                         std::string(10, '\0'));
  while (files.back().second.size() < kSize + (20 << 20)) files.back().second += "EXIF\0\0\0\0"sv;
  for (const auto& [name, file] : files) {
    const auto bytes = Bytes(file);
    const std::clock_t begin = std::clock();
    const auto result = ReadHeader(bytes);
    const double spent = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_TRUE(result.judgement.verdict != Verdict::kOk || !result.irregular.empty()) << name;
    RecordProperty(name, std::to_string(spent) + " ms of CPU");
    EXPECT_LT(spent, 2000) << name;  // sanitizers included
  }
}

}  // namespace
}  // namespace pixlake::image
