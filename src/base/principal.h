// On whose behalf work is done.
#pragma once

#include <string>
#include <vector>

namespace pixlake {

struct Principal {
  std::string name;
  std::vector<std::string> groups;
};

// The user this process runs as, with the groups it has; by number where the system has no name.
Principal OperatingSystemUser();

}  // namespace pixlake
