// The keys as a JSON Schema (draft 2020-12), by which editors complete and check the files.
#pragma once

#include <string>

namespace pixlake::settings {

// Indented JSON with a newline at its end. What it cannot say (names that are unique, a least below a
// largest, paths that are there) the reader says alone.
std::string SettingsSchema();
std::string LoggingSchema();

}  // namespace pixlake::settings
