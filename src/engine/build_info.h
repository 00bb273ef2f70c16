// What this binary was built with.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pixlake::engine {

// Name and version of the compiler and of each library that matters.
std::vector<std::pair<std::string, std::string>> Libraries();

}  // namespace pixlake::engine
