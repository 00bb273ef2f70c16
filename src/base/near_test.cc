#include "base/near.h"

#include <vector>

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(DidYouMeanTest, NamesWhatIsNear) {
  const std::vector<std::string> names = {"ingest", "inspect", "init", "sql"};
  EXPECT_EQ(DidYouMean("ingset", names), "; did you mean 'ingest'?");
  EXPECT_EQ(DidYouMean("INSPECT", names), "; did you mean 'inspect'?");
  EXPECT_EQ(DidYouMean("sq", names), "; did you mean 'sql'?");
}

TEST(DidYouMeanTest, ListsThemWhenNothingIsNear) {
  const std::vector<std::string> few = {"sql", "cat"};
  EXPECT_EQ(DidYouMean("wholly-other", few), "; there are: sql, cat");
  EXPECT_EQ(DidYouMean("wholly-other", std::vector<std::string>(13, "x")), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace pixlake
