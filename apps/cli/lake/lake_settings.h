// Which settings a command on a whole lake goes by.
#pragma once

#include <string>

#include "engine/config/config.h"

#include "cli/command.h"

namespace pixlake::cli {

// --config FILE
void AddConfigOption(CLI::App* command, std::string* config);

// The settings of `config`; else those in the lake that --lake names; else the defaults, of that lake alone.
// What they say of the lake, threads and memory is put into `common` where the command line does not.
// kUsage when neither is given, or both.
Status FindSettings(const std::string& config, CommonOptions* common, settings::Settings* found);

}  // namespace pixlake::cli
