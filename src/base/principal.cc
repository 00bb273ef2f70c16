#include "base/principal.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace pixlake {
namespace {

constexpr size_t kMostBytes = size_t{1} << 16;  // of one entry of the system's tables

std::string UserName(uid_t user) {
  std::string space(kMostBytes, '\0');
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, space.data(), space.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(user);
}

std::string GroupName(gid_t group) {
  std::string space(kMostBytes, '\0');
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, space.data(), space.size(), &found) == 0 && found != nullptr)
    return found->gr_name;
  return std::to_string(group);
}

}  // namespace

Principal OperatingSystemUser() {
  Principal user{UserName(::geteuid()), {GroupName(::getegid())}};
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(count > 0 ? static_cast<size_t>(count) : 0);
  const int got = groups.empty() ? 0 : ::getgroups(count, groups.data());
  for (int i = 0; i < got; ++i) {
    if (groups[static_cast<size_t>(i)] != ::getegid())
      user.groups.push_back(GroupName(groups[static_cast<size_t>(i)]));
  }
  return user;
}

}  // namespace pixlake
