#include <gtest/gtest.h>

#include "ingest/lake/row_builder_internal.h"

namespace pixlake::ingest {
namespace {

TEST(ValidUtf8Test, KeepsWhatIsValidAndMarksTheRest) {
  EXPECT_EQ(ValidUtf8("plain.png"), "plain.png");
  EXPECT_EQ(ValidUtf8("\xE6\x97\xA5.png"), "\xE6\x97\xA5.png");
  EXPECT_EQ(ValidUtf8("caf\xE9.png"), "caf\xEF\xBF\xBD.png");
  EXPECT_EQ(ValidUtf8("\xFF\xE6\x97\xA5\xE6"), "\xEF\xBF\xBD\xE6\x97\xA5\xEF\xBF\xBD");
}

}  // namespace
}  // namespace pixlake::ingest
