// What a person typed, brought into the form the parser reads, and what is wrong with it in words.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace pixlake::cli {

struct Arguments {
  std::vector<std::string> words;     // without the program's name, options of all commands put behind
  const CLI::App* command = nullptr;  // the one that was named
  std::string path;                   // its words: "pixlake table list"
  bool version = false;               // --version, -V
  bool man = false;                   // help --man
};

// Options that every command has may stand before it (`pixlake --lake L sql …`), `help COMMAND` is
// `COMMAND --help`. kUsage, with what is near, for a command or an option there is not.
Result<Arguments> ReadArguments(const CLI::App& program, const std::vector<std::string>& typed);

// The command at the end of the words ("pixlake table list"); null: there is none.
const CLI::App* FindCommand(const CLI::App& program, const std::string& path);

}  // namespace pixlake::cli
