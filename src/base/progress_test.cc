#include "base/progress.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(ProgressTest, ShowsRateBytesAndRemainingTime) {
  EXPECT_EQ(RenderProgress("Images", 35000, 70000, 12 << 20, 0.5, 200),
            "Images  [============>           ]  50%  35,000/70,000  70,000/s  12.0 MiB  0:01 left");
}

TEST(ProgressTest, UnknownTotalHasNoBar) {
  EXPECT_EQ(RenderProgress("Files", 10, 0, 100, 2, 200), "Files  10  5/s  100 B");
}

TEST(ProgressTest, MoreThanWasCountedHasNoBar) {
  EXPECT_EQ(RenderProgress("Files", 10, 8, 100, 2, 200), "Files  10  5/s  100 B");
}

TEST(ProgressTest, NeverWiderThanTheTerminal) {
  EXPECT_LE(RenderProgress("Images", 1, 3, 5, 1, 20).size(), 20u);
}

}  // namespace
}  // namespace pixlake
