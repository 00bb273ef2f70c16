#include "engine/export/export_names.h"

#include <gtest/gtest.h>

namespace pixlake::engine {
namespace {

TEST(ExportNamesTest, StripsWhatAllHaveInCommon) {
  EXPECT_EQ(CommonFolder("file:///p/a/1.jpg", "file:///p/b/2.jpg"), "file:///p/");
  EXPECT_EQ(CommonFolder("file:///p/a/1.jpg", "file:///p/a/1.jpg"), "file:///p/a/");
  EXPECT_EQ(CommonFolder("file:///p/s.tar#d/1.jpg", "file:///p/s.tar#d/2.jpg"), "file:///p/");
}

TEST(ExportNamesTest, GivesTheNamesBackAsTheyWere) {
  EXPECT_EQ(*RelativeNameOf("file:///p/a%20b%FF.jpg", "file:///p/"), "a b\xFF.jpg");
  EXPECT_EQ(*RelativeNameOf("file:///p/s.tar#d/1.jpg", "file:///p/"), "s.tar/d/1.jpg");
}

TEST(ExportNamesTest, NeverLeadsOutOfTheTarget) {
  EXPECT_EQ(*RelativeNameOf("file:///p/s.tar#../../up.jpg", "file:///p/"), "s.tar/_/_/up.jpg");
  EXPECT_EQ(*RelativeNameOf("file:///p/s.tar#/abs.jpg", "file:///p/"), "s.tar/_/abs.jpg");
  EXPECT_EQ(*RelativeNameOf("file:///p/s.tar#%2e%2e/x%2fy", "file:///p/"), "s.tar/_/_");
}

}  // namespace
}  // namespace pixlake::engine
