// What services' own tools take from the environment.
#pragma once

#include <cstdlib>
#include <string>

namespace pixlake::io {

// Empty where the variable is not set.
inline std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace pixlake::io
