#include "cli/usage/help_text.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "cli/text/text_table.h"
#include "cli/usage/command_words.h"

namespace pixlake::cli {
namespace {

constexpr int kMostNames = 24, kLeastWidth = 40, kMostWidth = 100;
constexpr char kCommonGroup[] = "Common options";

std::string Flat(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// "TEXT:{table,csv}" is what may be given, "INT:INT in [1 - 4096]" a number.
std::string ValueName(const CLI::Option& option) {
  const std::string whole = option.get_type_name();
  const std::string name = whole.substr(0, whole.find(':'));
  const size_t open = whole.find('{'), close = whole.find('}');
  if ((name == "TEXT" || name.empty()) && open != std::string::npos && close != std::string::npos) {
    std::string choices = whole.substr(open + 1, close - open - 1);
    std::replace(choices.begin(), choices.end(), ',', '|');
    return choices;
  }
  return name == "INT" || name == "UINT" || name == "FLOAT" ? "N" : name;
}

bool HasValue(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

HelpLine LineOf(const CLI::Option& option) {
  HelpLine line;
  for (const std::string& name : option.get_snames()) line.names += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) line.names += "--" + name + ", ";
  if (!line.names.empty()) line.names.resize(line.names.size() - 2);
  if (option.get_positional()) {
    line.names = option.get_name(true, false);
  } else if (HasValue(option)) {
    line.names += " " + ValueName(option);
  }
  line.text = Flat(option.get_description());
  if (line.names == "-h, --help") line.text = "This help";
  const std::string& otherwise = option.get_default_str();
  if (!otherwise.empty() && line.text.find("(default") == std::string::npos)
    line.text += fmt::format(" (default: {})", otherwise);
  return line;
}

std::string UsageOf(const CLI::App& command, const std::string& path) {
  std::string usage = path;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    std::string name = option->get_name(true, false);
    if (option->get_items_expected_max() > 1) name += "...";
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional() && option->get_required())
      usage += fmt::format(" --{} {}", option->get_lnames().front(), ValueName(*option));
  }
  if (!command.get_subcommands([](const CLI::App*) { return true; }).empty()) usage += " COMMAND";
  return usage + " [OPTIONS]";
}

void AddCommands(const CLI::App& command, const std::string& path, HelpParts* parts) {
  const std::string above = path.find(' ') == std::string::npos ? "" : path.substr(path.find(' ') + 1) + " ";
  for (const CommandWords& words : AllCommandWords()) {
    if (words.path.empty() || words.path.substr(0, above.size()) != above) continue;
    const std::string name(words.path.substr(above.size()));
    if (name.find(' ') != std::string::npos || command.get_subcommands(nullptr).empty()) continue;
    if (parts->sections.empty() || parts->sections.back().title != words.group)
      parts->sections.push_back({std::string(words.group), {}});
    parts->sections.back().lines.push_back({name, std::string(words.summary)});
  }
}

std::string Escaped(const std::string& text) {
  std::string out;
  bool fresh = true;
  for (const char c : text) {
    if (fresh && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    fresh = c == '\n';
  }
  return out;
}

void AppendMan(const CLI::App& command, const std::string& path, std::string* page) {
  const HelpParts parts = HelpPartsOf(command, path);
  const bool whole = path.find(' ') == std::string::npos;
  if (!whole) *page += fmt::format(".SS {}\n{}\n", Escaped(parts.usage), Escaped(parts.description));
  for (const HelpSection& section : parts.sections) {
    if (section.title == kCommonGroup && !whole) continue;
    if (!command.get_subcommands(nullptr).empty()) continue;
    for (const HelpLine& line : section.lines) {
      if (line.names.find("--help") != std::string::npos) continue;
      *page += fmt::format(".TP\n.B {}\n{}\n", Escaped(line.names), Escaped(line.text));
    }
  }
  for (const std::string& example : parts.examples) {
    if (!whole) *page += fmt::format(".PP\n.EX\n{}\n.EE\n", Escaped(example));
  }
  for (const CommandWords& words : AllCommandWords()) {
    const std::string below = "pixlake " + std::string(words.path);
    if (words.path.empty() || below.rfind(' ') != path.size() || below.compare(0, path.size(), path) != 0)
      continue;
    for (const CLI::App* child : command.get_subcommands(nullptr)) {
      if (child->get_name() == below.substr(path.size() + 1)) AppendMan(*child, below, page);
    }
  }
}

}  // namespace

HelpParts HelpPartsOf(const CLI::App& command, const std::string& path) {
  const CommandWords& words = WordsOf(path);
  HelpParts parts;
  parts.path = path;
  parts.description = command.get_description();
  parts.usage = UsageOf(command, path);
  parts.examples.assign(words.examples.begin(), words.examples.end());
  if (path.find(' ') == std::string::npos) parts.footer = command.get_footer();  // inherited below
  AddCommands(command, path, &parts);
  HelpSection arguments{"Arguments", {}};
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && !option->get_description().empty())
      arguments.lines.push_back(LineOf(*option));
  }
  if (!arguments.lines.empty()) parts.sections.push_back(arguments);
  std::vector<std::string> groups = command.get_groups();
  std::stable_sort(groups.begin(), groups.end(), [](const std::string& a, const std::string& b) {
    return (a == kCommonGroup) < (b == kCommonGroup);
  });
  for (const std::string& group : groups) {
    HelpSection section{group, {}};
    for (const CLI::Option* option : command.get_options()) {
      if (!group.empty() && option->get_group() == group && option->nonpositional())
        section.lines.push_back(LineOf(*option));
    }
    if (!section.lines.empty()) parts.sections.push_back(section);
  }
  // What says nothing of the command stands at the end.
  for (HelpSection& section : parts.sections) {
    std::stable_partition(section.lines.begin(), section.lines.end(),
                          [](const HelpLine& line) { return line.names != "-h, --help"; });
  }
  return parts;
}

std::string HelpText(const HelpParts& parts, int width, bool bold) {
  width = std::clamp(width, kLeastWidth, kMostWidth);
  const auto heading = [bold](std::string_view text) {
    return bold ? fmt::format("\033[1m{}\033[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out;
  std::istringstream paragraphs(parts.description);
  for (std::string line; std::getline(paragraphs, line, '\f');) out += Wrapped(line, width, 0) + "\n";
  out += "\n" + heading("Usage:") + "  " + Wrapped(parts.usage, width, 6) + "\n";
  if (!parts.examples.empty()) {
    out += "\n" + heading(parts.examples.size() == 1 ? "Example:" : "Examples:");
    for (const std::string& example : parts.examples) out += "  " + example + "\n";
  }
  for (const HelpSection& section : parts.sections) {
    int column = 0;
    for (const HelpLine& line : section.lines) column = std::max(column, WidthOf(line.names));
    column = std::min(column, std::min(kMostNames, width / 3));
    out += "\n" + heading(section.title + ":");
    const auto indent = static_cast<size_t>(column) + 4;
    for (const HelpLine& line : section.lines) {
      const int names = WidthOf(line.names);
      out += "  " + line.names;
      if (names > column) {
        out += "\n" + std::string(indent, ' ');
      } else {
        out += std::string(static_cast<size_t>(column - names) + 2, ' ');
      }
      out += Wrapped(line.text, width, static_cast<int>(indent)) + "\n";
    }
  }
  if (!parts.footer.empty()) out += "\n" + Wrapped(parts.footer, width, 0) + "\n";
  return out;
}

std::string ManPage(const CLI::App& program, const std::string& version) {
  const HelpParts parts = HelpPartsOf(program, "pixlake");
  std::string page = fmt::format(
      ".\\\" Made by `pixlake help \\-\\-man`; do not edit.\n.TH PIXLAKE 1 \"\" \"pixlake {}\" \"User "
      "commands\"\n.SH NAME\npixlake \\- {}\n.SH SYNOPSIS\n.B pixlake\nCOMMAND [OPTIONS]\n.SH "
      "DESCRIPTION\n{}\n",
      version, Escaped("an image lakehouse"), Escaped(Flat(parts.description)));
  page += ".SH EXAMPLES\n";
  for (const std::string& example : parts.examples) page += fmt::format(".EX\n{}\n.EE\n", Escaped(example));
  page += ".SH COMMON OPTIONS\n";
  for (const CLI::App* child : program.get_subcommands(nullptr)) {
    if (child->get_name() != "sql") continue;
    for (const HelpSection& section : HelpPartsOf(*child, "pixlake sql").sections) {
      if (section.title != kCommonGroup) continue;
      for (const HelpLine& line : section.lines)
        page += fmt::format(".TP\n.B {}\n{}\n", Escaped(line.names), Escaped(line.text));
    }
  }
  page += ".SH COMMANDS\n";
  AppendMan(program, "pixlake", &page);
  page += ".SH EXIT STATUS\n";
  page += Escaped(
      "0 done, 1 failed, 2 wrong usage, 3 done but some inputs were quarantined, 130 interrupted, 141 "
      "whoever "
      "read the output has gone.\n");
  page +=
      ".SH ENVIRONMENT\n.TP\n.B PIXLAKE_LAKE\nThe lake of commands without \\-\\-lake.\n.TP\n.B "
      "NO_COLOR\nNo colours and no bold text, whatever it is set to.\n";
  return page;
}

}  // namespace pixlake::cli
