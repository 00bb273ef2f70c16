// What help says of commands beside their options: one line each, and examples.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace pixlake::cli {

struct CommandWords {
  std::string_view path;     // "table list"
  std::string_view group;    // under which heading the command above lists it
  std::string_view summary;  // one line
  std::vector<std::string_view> examples;
};

// All of them, in the order of their use.
std::span<const CommandWords> AllCommandWords();

// Those of the command ("pixlake table list"), or empty ones.
const CommandWords& WordsOf(std::string_view path);

}  // namespace pixlake::cli
