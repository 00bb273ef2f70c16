// A command's help, and the manual page, from the same table of options.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace pixlake::cli {

struct HelpLine {
  std::string names;  // "-o, --output FILE"
  std::string text;
};

struct HelpSection {
  std::string title;
  std::vector<HelpLine> lines;
};

// What is to be said of a command, whatever it is drawn with.
struct HelpParts {
  std::string path;
  std::string description;
  std::string usage;
  std::vector<std::string> examples;
  std::vector<HelpSection> sections;
  std::string footer;
};
HelpParts HelpPartsOf(const CLI::App& command, const std::string& path);

// Fitted to `width` columns; headings in bold where `bold`.
std::string HelpText(const HelpParts& parts, int width, bool bold);

// The whole program's page for man(1).
std::string ManPage(const CLI::App& program, const std::string& version);

}  // namespace pixlake::cli
