#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command.h"

namespace pixlake::cli {
namespace {

// One command line so far ("pixlake table") and what may follow it.
struct Node {
  std::string path;
  std::vector<std::string> words;
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>* nodes) {
  Node node{path, {}};
  for (const CLI::App* child : app.get_subcommands(nullptr)) node.words.push_back(child->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) node.words.push_back("--" + name);
  }
  nodes->push_back(node);
  for (const CLI::App* child : app.get_subcommands(nullptr))
    Collect(*child, path + " " + child->get_name(), nodes);
}

// Completes the words known after the longest matching command, else files.
std::string BashScript(const std::vector<Node>& nodes) {
  std::string script =
      "_pixlake() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=\"pixlake\" word words i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${COMP_WORDS[i]}\"\n"
      "    case \"$path $word\" in\n";
  for (const Node& node : nodes) {
    if (node.path != "pixlake") script += fmt::format("      '{0}') path='{0}' ;;\n", node.path);
  }
  script += "    esac\n  done\n  case \"$path\" in\n";
  for (const Node& node : nodes)
    script += fmt::format("    '{}') words='{}' ;;\n", node.path, fmt::join(node.words, " "));
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ \"$cur\" == -* || \"$path\" == pixlake || \"$path\" == 'pixlake table' ]] || "
      "COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
      "}\n"
      "complete -o filenames -F _pixlake pixlake\n";
  return script;
}

std::string FishScript(const std::vector<Node>& nodes) {
  std::string script = "complete -c pixlake -n __fish_use_subcommand -f\n";
  for (const Node& node : nodes) {
    std::string condition = "__fish_use_subcommand";
    if (node.path != "pixlake")
      condition = "__fish_seen_subcommand_from " + node.path.substr(node.path.rfind(' ') + 1);
    for (const std::string& word : node.words) {
      script += word.rfind("--", 0) == 0
                    ? fmt::format("complete -c pixlake -n '{}' -l {}\n", condition, word.substr(2))
                    : fmt::format("complete -c pixlake -n '{}' -f -a {}\n", condition, word);
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

}  // namespace pixlake::cli
