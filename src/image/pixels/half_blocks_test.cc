#include "image/pixels/half_blocks.h"

#include <gtest/gtest.h>

namespace pixlake::image {
namespace {

TEST(HalfBlocksTest, TwoRowsShareALineAndEqualCellsShareAColour) {
  const uint8_t pixels[] = {255, 255, 0, 0};
  EXPECT_EQ(RenderHalfBlocks({pixels, 2, 2}), "\033[38;2;255;255;255;48;2;0;0;0m\u2580\u2580\033[0m\n");
}

TEST(HalfBlocksTest, AnOddLastRowIsBlackBelow) {
  const uint8_t pixels[] = {7};
  EXPECT_EQ(RenderHalfBlocks({pixels, 1, 1}), "\033[38;2;7;7;7;48;2;0;0;0m\u2580\033[0m\n");
}

TEST(HalfBlocksTest, ColoursAreShownAsTheyAre) {
  const uint8_t pixels[] = {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6};
  EXPECT_EQ(RenderHalfBlocks(RgbView{2, 2, pixels}), "\033[38;2;1;2;3;48;2;4;5;6m\u2580\u2580\033[0m\n");
  const uint8_t light[] = {255, 255, 255, 0, 0, 0};
  EXPECT_EQ(RenderAscii(RgbView{2, 1, light}), "=\n");
}

TEST(HalfBlocksTest, AsciiHasNoEscapes) {
  const uint8_t pixels[] = {255, 0, 128, 255, 0, 0};
  EXPECT_EQ(RenderAscii({pixels, 3, 2}), "@ :\n");
}

}  // namespace
}  // namespace pixlake::image
