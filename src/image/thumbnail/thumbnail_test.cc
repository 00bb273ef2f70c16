#include "image/thumbnail/thumbnail.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jpeglib.h>
#ifdef PIXLAKE_HAVE_LIBTIFF
#include <tiffio.h>
#endif
#include <webp/encode.h>

#include "image/codec/png.h"
#include "image/header/header_fixture_internal.h"
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

constexpr int64_t kPlenty = 1 << 24;

// Four quarters of one colour each, so that scaling has a right answer.
RgbImage Quarters(uint32_t width, uint32_t height) {
  static constexpr uint8_t kColours[4][3] = {{250, 10, 20}, {30, 240, 40}, {50, 60, 230}, {128, 128, 128}};
  RgbImage image{{}, width, height};
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      const uint8_t* colour = kColours[(y >= height / 2) * 2 + (x >= width / 2)];
      image.pixels.insert(image.pixels.end(), colour, colour + 3);
    }
  }
  return image;
}

std::vector<uint8_t> JpegOf(const uint8_t* pixels, uint32_t width, uint32_t height, J_COLOR_SPACE space,
                            bool progressive = false) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &out, &size);
  info.image_width = width;
  info.image_height = height;
  info.in_color_space = space;
  info.input_components = space == JCS_CMYK ? 4 : space == JCS_RGB ? 3 : 1;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < height) {
    JSAMPROW row = const_cast<uint8_t*>(pixels) +
                   size_t{info.next_scanline} * width * static_cast<size_t>(info.input_components);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<uint8_t> bytes(out, out + size);
  std::free(out);
  return bytes;
}

#ifdef PIXLAKE_HAVE_LIBTIFF
std::vector<uint8_t> TiffOf(const RgbImage& image, uint16_t compression) {
  const std::string path = testing::TempDir() + "/pixlake_thumbnail_test.tif";
  TIFF* tiff = TIFFOpen(path.c_str(), "w");
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
  for (uint32_t y = 0; y < image.height; ++y) {
    TIFFWriteScanline(tiff, const_cast<uint8_t*>(&image.pixels[size_t{y} * image.width * 3]), y, 0);
  }
  TIFFClose(tiff);
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  std::remove(path.c_str());
  return bytes;
}
#endif

std::vector<uint8_t> PngOf(const RgbImage& image) {
  std::vector<uint8_t> png;
  EXPECT_TRUE(PngEncoder::Make(6).ValueOrDie().Encode(image.view(), &png).ok());
  return png;
}

std::vector<uint8_t> WebpOf(const RgbImage& image) {
  uint8_t* out = nullptr;
  const size_t size =
      WebPEncodeLosslessRGB(image.pixels.data(), static_cast<int>(image.width),
                            static_cast<int>(image.height), static_cast<int>(image.width * 3), &out);
  std::vector<uint8_t> bytes(out, out + size);
  WebPFree(out);
  return bytes;
}

void ExpectQuarters(const RgbImage& image, uint32_t width, uint32_t height, int tolerance) {
  ASSERT_EQ(image.width, width);
  ASSERT_EQ(image.height, height);
  const RgbImage expected = Quarters(width, height);
  // The middle of each quarter: chroma bleeds at the borders.
  for (const auto& [x, y] : {std::pair{width / 4, height / 4},
                             {width * 3 / 4, height / 4},
                             {width / 4, height * 3 / 4},
                             {width * 3 / 4, height * 3 / 4}}) {
    for (size_t c = 0; c < 3; ++c) {
      const size_t at = (size_t{y} * width + x) * 3 + c;
      EXPECT_NEAR(image.pixels[at], expected.pixels[at], tolerance) << x << "," << y;
    }
  }
}

TEST(ThumbnailTest, EveryFormatGivesTheSamePicture) {
  const RgbImage image = Quarters(160, 96);
  const auto jpeg = JpegOf(image.pixels.data(), 160, 96, JCS_RGB);
  const auto progressive = JpegOf(image.pixels.data(), 160, 96, JCS_RGB, true);
  std::vector<std::vector<uint8_t>> files = {jpeg, progressive, PngOf(image), WebpOf(image)};
#ifdef PIXLAKE_HAVE_LIBTIFF
  files.push_back(TiffOf(image, COMPRESSION_NONE));
  files.push_back(TiffOf(image, COMPRESSION_LZW));
#endif
  for (const auto& bytes : files) {
    ExpectQuarters(MakeThumbnail(bytes, 160, kPlenty).ValueOrDie(), 160, 96, 4);
    ExpectQuarters(MakeThumbnail(bytes, 40, kPlenty).ValueOrDie(), 40, 24, 4);
    ExpectQuarters(MakeThumbnail(bytes, 10, kPlenty).ValueOrDie(), 10, 6, 6);
    EXPECT_EQ(MakeThumbnail(bytes, 1, kPlenty).ValueOrDie().pixels.size(), 3u);
    EXPECT_EQ(MakeThumbnail(bytes, 5000, kPlenty).ValueOrDie().width, 160u);
    EXPECT_EQ(CodeOf(MakeThumbnail(bytes, 40, 160 * 96 - 1).status()), ErrorCode::kOverBudget);
    EXPECT_EQ(CodeOf(MakeThumbnail(bytes, 0, kPlenty).status()), ErrorCode::kUsage);
    EXPECT_EQ(CodeOf(MakeThumbnail(std::span(bytes).first(bytes.size() * 2 / 3), 40, kPlenty).status()),
              ErrorCode::kCorrupt);
  }
}

TEST(ThumbnailTest, PixelsThatALibraryMadeUpAreDamage) {
  const RgbImage image = Quarters(160, 96);
  auto jpeg = JpegOf(image.pixels.data(), 160, 96, JCS_RGB);
  // The header is sound and so is the end, but half the scan is gone.
  jpeg.erase(jpeg.end() - 500, jpeg.end() - 2);
  EXPECT_EQ(CodeOf(MakeThumbnail(jpeg, 40, kPlenty).status()), ErrorCode::kCorrupt);
}

TEST(ThumbnailTest, InkBecomesLight) {
  // No ink is white, full black is black, full cyan has no red.
  const uint8_t ink[3][4] = {{0, 0, 0, 0}, {0, 0, 0, 255}, {255, 0, 0, 0}};
  const int light[3][3] = {{255, 255, 255}, {0, 0, 0}, {0, 255, 255}};
  for (size_t i = 0; i < 3; ++i) {
    for (const bool adobe : {false, true}) {
      std::vector<uint8_t> pixels;
      for (size_t j = 0; j < 256; ++j)
        pixels.push_back(static_cast<uint8_t>(adobe ? 255 - ink[i][j % 4] : ink[i][j % 4]));
      auto jpeg = JpegOf(pixels.data(), 8, 8, JCS_CMYK);
      // What libjpeg writes for four components begins with Adobe's segment of 16 bytes.
      if (!adobe) jpeg.erase(jpeg.begin() + 2, jpeg.begin() + 18);
      const RgbImage image = MakeThumbnail(jpeg, 1, kPlenty).ValueOrDie();
      for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(image.pixels[c], light[i][c], 3) << i << adobe;
    }
  }
}

TEST(ThumbnailTest, BitmapsOfAllDepths) {
  const auto bmp = [](uint64_t bits, std::string_view palette, std::string_view rows, uint64_t height = 2) {
    return Bytes("BM" + Number(0, 8) + Number(54 + palette.size(), 4) + Number(40, 4) + Number(2, 4) +
                 Number(height, 4) + Number(1, 2) + Number(bits, 2) + std::string(24, '\0') +
                 std::string(palette) + std::string(rows));
  };
  // Lower row first: green, blue; then white, red.
  const std::vector<uint8_t> expected{255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255};
  const std::string palette = "\xFF\xFF\xFF\0\0\0\xFF\0\0\xFF\0\0\xFF\0\0\0"s;  // white, red, green, blue
  const auto pixels = [](const std::vector<uint8_t>& bytes) {
    return MakeThumbnail(bytes, 2, 4).ValueOrDie().pixels;
  };
  EXPECT_EQ(pixels(bmp(24, "", "\0\xFF\0\xFF\0\0\0\0\xFF\xFF\xFF\0\0\xFF\0\0"sv)), expected);
  EXPECT_EQ(pixels(bmp(24, "", "\xFF\xFF\xFF\0\0\xFF\0\0\0\xFF\0\xFF\0\0\0\0"sv, 0xFFFFFFFE)), expected);
  EXPECT_EQ(pixels(bmp(32, "", "\0\xFF\0\0\xFF\0\0\0\xFF\xFF\xFF\0\0\0\xFF\0"sv)), expected);
  EXPECT_EQ(pixels(bmp(16, "", "\xE0\x03\x1F\0\xFF\x7F\0\x7C"sv)), expected);
  EXPECT_EQ(pixels(bmp(8, palette, "\2\3\0\0\0\1\0\0"sv)), expected);
  EXPECT_EQ(pixels(bmp(4, palette, "\x23\0\0\0\x01\0\0\0"sv)), expected);
  EXPECT_EQ(pixels(bmp(2, palette, "\xB0\0\0\0\x10\0\0\0"sv)), expected);
  // An index beyond the palette is black.
  EXPECT_EQ(pixels(bmp(8, palette, "\2\3\0\0\0\7\0\0"sv))[3], 0);
}

TEST(ThumbnailTest, TransparencyLiesOverGrey) {
  const uint8_t rgba[] = {10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 255, 128};
  uint8_t rgb[9];
  FlattenRow(rgba, 3, rgb);
  EXPECT_THAT(rgb, testing::ElementsAre(128, 128, 128, 10, 20, 30, 64, 64, 192));
}

TEST(BoxScaleTest, EachPixelIsTheMeanOfItsArea) {
  EXPECT_EQ(FitWithin({100, 50}, 10).height, 5u);
  EXPECT_EQ(FitWithin({1000, 1}, 10).height, 1u);
  EXPECT_EQ(FitWithin({3, 4}, 10).width, 3u);
  std::mt19937 random(1);
  for (const auto& [from, to] : {std::pair{Size{5, 3}, Size{2, 2}},
                                 {Size{9, 4}, Size{7, 3}},
                                 {Size{7, 7}, Size{7, 1}},
                                 {Size{4, 4}, Size{4, 4}}}) {
    std::vector<uint8_t> pixels(size_t{from.width} * from.height * 3);
    for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
    BoxScale scale(from, to);
    for (uint32_t y = 0; y < from.height; ++y) scale.AddRow(&pixels[size_t{y} * from.width * 3]);
    scale.AddRow(pixels.data());  // one too many is ignored
    const RgbImage image = scale.Finish();
    for (uint32_t y = 0; y < to.height; ++y) {
      for (uint32_t x = 0; x < to.width; ++x) {
        // Of each pixel the part that lies within.
        double sum = 0;
        const double across = 1.0 * from.width / to.width, down = 1.0 * from.height / to.height;
        for (uint32_t v = 0; v < from.height; ++v) {
          for (uint32_t u = 0; u < from.width; ++u) {
            const double width = std::min((x + 1) * across, u + 1.0) - std::max(x * across, 1.0 * u);
            const double height = std::min((y + 1) * down, v + 1.0) - std::max(y * down, 1.0 * v);
            sum += pixels[(size_t{v} * from.width + u) * 3] * std::max(0.0, width) * std::max(0.0, height);
          }
        }
        EXPECT_NEAR(image.pixels[(size_t{y} * to.width + x) * 3], sum / (across * down), 0.501);
      }
    }
  }
}

// Stored as 3x2:  1 2 3
//                  4 5 6
TEST(UprightTest, TurnsAndMirrorsByTheStandard) {
  const auto turned = [](int orientation) {
    RgbImage image{{}, 3, 2};
    for (uint8_t i = 1; i <= 6; ++i) image.pixels.insert(image.pixels.end(), 3, i);
    image = Upright(std::move(image), orientation);
    std::string text;
    for (uint32_t i = 0; i < 6; ++i) {
      if (i != 0 && i % image.width == 0) text.push_back('/');
      text += std::to_string(image.pixels[size_t{i} * 3]);
    }
    return text;
  };
  const std::string expected[] = {"123/456",  "123/456",  "321/654",  "654/321",  "456/123",
                                  "14/25/36", "41/52/63", "63/52/41", "36/25/14", "123/456"};
  for (int orientation = 0; orientation <= 9; ++orientation)
    EXPECT_EQ(turned(orientation), expected[orientation]);
}

}  // namespace
}  // namespace pixlake::image
