// The files that `pixlake init` writes: every key with what it means, most of them in comments.
#pragma once

#include <string>
#include <vector>

namespace pixlake::settings {

// `sources`: paths and URIs for `sources:`, as they are to stand there.
std::string SettingsFile(const std::vector<std::string>& sources);

std::string LoggingFile();

// A text as YAML: plain where that is read back as the same text, else in double quotes.
std::string YamlText(const std::string& text);

}  // namespace pixlake::settings
