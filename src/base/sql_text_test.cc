#include "base/sql_text.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(SqlTextTest, QuotesAreDoubled) {
  EXPECT_EQ(SqlLiteral("it's"), "'it''s'");
  EXPECT_EQ(SqlLiteral(""), "''");
  EXPECT_EQ(SqlName("a \"b\""), "\"a \"\"b\"\"\"");
}

}  // namespace
}  // namespace pixlake
