#include "image/pixels/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::image {
namespace {

TEST(ContactSheetTest, LaysOutRowByRowWithGaps) {
  const GrayImage dot{{255}, 1, 1};
  const std::vector<GrayImage> images(3, dot);
  ContactSheetOptions options;
  options.gap = 1;
  options.background = 9;
  const GrayImage sheet = MakeContactSheet(images, options).ValueOrDie();
  EXPECT_EQ(sheet.width, 5u);
  EXPECT_EQ(sheet.height, 5u);
  EXPECT_THAT(sheet.pixels, testing::ElementsAre(9, 9, 9, 9, 9,      //
                                                 9, 255, 9, 255, 9,  //
                                                 9, 9, 9, 9, 9,      //
                                                 9, 255, 9, 9, 9,    //
                                                 9, 9, 9, 9, 9));
}

TEST(ContactSheetTest, ScalesCentresAndCuts) {
  const std::vector<GrayImage> images{{{1, 2, 3}, 3, 1}, {{7}, 1, 1}};
  ContactSheetOptions options;
  options.gap = 0;
  options.columns = 1;
  options.cell_width = 2;
  options.scale = 2;
  const GrayImage sheet = MakeContactSheet(images, options).ValueOrDie();
  EXPECT_THAT(sheet.pixels, testing::ElementsAre(1, 1, 2, 2, 1, 1, 2, 2, 7, 7, 96, 96, 7, 7, 96, 96));
}

TEST(ContactSheetTest, ColoursStayTogether) {
  const std::vector<RgbImage> images{{{1, 2, 3}, 1, 1}, {{4, 5, 6}, 1, 1}};
  ContactSheetOptions options;
  options.gap = 1;
  options.columns = 2;
  options.background = 9;
  const RgbImage sheet = MakeContactSheet(std::span<const RgbImage>(images), options).ValueOrDie();
  EXPECT_EQ(sheet.width, 5u);
  EXPECT_EQ(sheet.height, 3u);
  EXPECT_THAT(std::vector<uint8_t>(sheet.pixels.begin() + 15, sheet.pixels.begin() + 30),
              testing::ElementsAre(9, 9, 9, 1, 2, 3, 9, 9, 9, 4, 5, 6, 9, 9, 9));
}

TEST(ContactSheetTest, RefusesNothingAndTooMuch) {
  EXPECT_EQ(CodeOf(MakeContactSheet(std::span<const GrayImage>(), {}).status()), ErrorCode::kUsage);
  const std::vector<GrayImage> images{{{1}, 1, 1}};
  ContactSheetOptions options;
  options.scale = 4000000000u;
  EXPECT_EQ(CodeOf(MakeContactSheet(images, options).status()), ErrorCode::kOverBudget);
}

}  // namespace
}  // namespace pixlake::image
