#include "base/principal.h"

#include <gtest/gtest.h>

namespace pixlake {
namespace {

TEST(PrincipalTest, IsWhoRunsTheProcess) {
  const Principal user = OperatingSystemUser();
  EXPECT_FALSE(user.name.empty());
  ASSERT_FALSE(user.groups.empty());
  for (const std::string& group : user.groups) EXPECT_FALSE(group.empty());
}

}  // namespace
}  // namespace pixlake
