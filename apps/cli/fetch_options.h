// Options of commands that fetch images over a network.
#pragma once

#include <CLI/CLI.hpp>

#include "engine/metadata.h"

namespace pixlake::cli {

void AddFetchOptions(CLI::App* command, io::FetchOptions* options);

}  // namespace pixlake::cli
