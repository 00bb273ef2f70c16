// Options of commands that fetch images over a network.
#pragma once

#include <CLI/CLI.hpp>

#include "engine/ingest/metadata.h"

namespace pixlake::cli {

void AddFetchOptions(CLI::App* command, io::FetchOptions* options);

// --quote none|csv, of lists.
void AddQuoteOption(CLI::App* command, file::Quoting* quoting);

// `name` SIZE, a size of at least a byte such as 64GB.
void AddSizeOption(CLI::App* command, const std::string& name, const std::string& what, int64_t* bytes);

}  // namespace pixlake::cli
