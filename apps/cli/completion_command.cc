#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.h"

namespace pixlake::cli {
namespace {

// One command line so far ("pixlake table") and what may follow it.
struct Node {
  std::string path;
  std::vector<std::string> words;
  std::vector<std::string> values;  // "--format) words='csv json' ;;", what each option's value may be
  bool table = false;               // its first argument is a table
};

// What follows the option: "csv json", or "<folder>", "<file>"; nothing for what has no value.
std::string ValuesOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string type = option.get_type_name();
  const size_t open = type.find('{'), close = type.find('}');
  if (open != std::string::npos && close != std::string::npos) {
    std::string words = type.substr(open + 1, close - open - 1);
    std::replace(words.begin(), words.end(), ',', ' ');
    return words;
  }
  const std::string name = type.substr(0, type.find(':'));
  if (name == "LAKE" || name == "DIR") return "<folder>";
  if (name == "FILE" || name == "URI" || name == "DIR|URL" || name == "FILE|none") return "<file>";
  return "<any>";
}

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>* nodes) {
  Node node;
  node.path = path;
  for (const CLI::App* child : app.get_subcommands(nullptr)) node.words.push_back(child->get_name());
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      const std::string choices = ValuesOf(*option);
      if (!choices.empty() && choices.front() != '<') node.words.push_back(choices);
      if (option->get_name(true, false) == "TABLE") node.table = true;
      continue;
    }
    if (option->get_group().empty()) continue;
    std::vector<std::string> names;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    node.words.insert(node.words.end(), names.begin(), names.end());
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    if (const std::string values = ValuesOf(*option); !values.empty())
      node.values.push_back(fmt::format("{}) values='{}' ;;", fmt::join(names, "|"), values));
  }
  nodes->push_back(node);
  for (const CLI::App* child : app.get_subcommands(nullptr))
    Collect(*child, path + " " + child->get_name(), nodes);
}

// Completes the words known after the longest matching command, values of options, tables of the
// lake that was named, else files.
std::string BashScript(const std::vector<Node>& nodes) {
  std::string script =
      "_pixlake() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" path=\"pixlake\"\n"
      "  local word words values='' tables='' lake=\"${PIXLAKE_LAKE:-}\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${COMP_WORDS[i]}\"\n"
      "    [[ \"$word\" == --lake ]] && lake=\"${COMP_WORDS[i+1]}\"\n"
      "    case \"$path $word\" in\n";
  for (const Node& node : nodes) {
    if (node.path != "pixlake") script += fmt::format("      '{0}') path='{0}' ;;\n", node.path);
  }
  script += "    esac\n  done\n  case \"$path\" in\n";
  for (const Node& node : nodes) {
    script += fmt::format("    '{}') words='{}'\n", node.path, fmt::join(node.words, " "));
    if (node.table) script += "      tables=yes\n";
    if (!node.values.empty())
      script += fmt::format("      case \"$prev\" in\n        {}\n      esac\n",
                            fmt::join(node.values, "\n        "));
    script += "      ;;\n";
  }
  script +=
      "  esac\n"
      "  case \"$values\" in\n"
      "    '<folder>') COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
      "    '<file>') COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      "    '<any>') COMPREPLY=(); return ;;\n"
      "    ?*) COMPREPLY=($(compgen -W \"$values\" -- \"$cur\")); return ;;\n"
      "  esac\n"
      "  if [[ -n \"$tables\" && -n \"$lake\" && \"$cur\" != -* ]]; then\n"
      "    words+=\" $(command pixlake table list --lake \"$lake\" 2>/dev/null | awk 'NR > 1 {print $1}')\"\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ \"$cur\" == -* || \"$path\" == pixlake || \"$path\" == 'pixlake table' ]] || "
      "COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
      "}\n"
      "complete -o filenames -F _pixlake pixlake\n";
  return script;
}

std::string FishScript(const std::vector<Node>& nodes) {
  std::string script =
      "complete -c pixlake -n __fish_use_subcommand -f\n"
      "function __pixlake_tables\n"
      "  set -l words (commandline -opc)\n"
      "  set -l lake $PIXLAKE_LAKE\n"
      "  if set -l at (contains -i -- --lake $words)\n"
      "    set lake $words[(math $at + 1)]\n"
      "  end\n"
      "  test -n \"$lake\"; and command pixlake table list --lake $lake 2>/dev/null | awk 'NR > 1 {print "
      "$1}'\n"
      "end\n";
  for (const Node& node : nodes) {
    std::string condition = "__fish_use_subcommand";
    if (node.path != "pixlake")
      condition = "__fish_seen_subcommand_from " + node.path.substr(node.path.rfind(' ') + 1);
    if (node.table) script += fmt::format("complete -c pixlake -n '{}' -a '(__pixlake_tables)'\n", condition);
    for (const std::string& word : node.words) {
      if (word.rfind("--", 0) != 0) {
        script += fmt::format("complete -c pixlake -n '{}' -f -a '{}'\n", condition, word);
        continue;
      }
      std::string values;
      for (const std::string& choice : node.values) {
        const size_t quote = choice.find('\'');
        const bool of_word =
            ("|" + choice.substr(0, choice.find(')')) + "|").find("|" + word + "|") != std::string::npos;
        if (of_word) values = choice.substr(quote + 1, choice.rfind('\'') - quote - 1);
      }
      script += fmt::format("complete -c pixlake -n '{}' -l {}", condition, word.substr(2));
      if (values.empty()) {
        script += "\n";
      } else if (values.front() == '<') {
        script += values == "<any>" ? " -x\n" : " -r\n";
      } else {
        script += fmt::format(" -x -a '{}'\n", values);
      }
    }
  }
  return script;
}

}  // namespace

void AddCompletionCommand(CLI::App* program) {
  CLI::App* command = program->add_subcommand("completion", "A script that completes commands in your shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("For instance: eval \"$(pixlake completion bash)\"");
  OnCommand(command, nullptr, [program, shell] {
    std::vector<Node> nodes;
    Collect(*program, "pixlake", &nodes);
    if (*shell == "fish") {
      fmt::print("{}", FishScript(nodes));
    } else {
      if (*shell == "zsh") fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
      fmt::print("{}", BashScript(nodes));
    }
    return Status::OK();
  });
}

void AddHelpCommand(CLI::App* program) {
  CLI::App* command = program->add_subcommand("help", "Explain pixlake or one of its commands.");
  static std::vector<std::string> words;
  command->add_option("COMMAND", words, "The command's words: `table list`");
  static bool man = false;  // read before the parser comes to it, as the words are
  command->add_flag("--man", man, "All of it as a page for man(1)");
}

}  // namespace pixlake::cli
