#include <memory>

#include <fmt/format.h>

#include "engine/build_info.h"

#include "cli/command.h"

namespace pixlake::cli {

void AddVersionCommand(CLI::App* program) {
  CLI::App* command = program->add_subcommand("version", "The version, and what it was built with");
  const auto options = std::make_shared<CommonOptions>();
  AddCommonOptions(command, options.get());
  OnCommand(command, options.get(), [options] {
    const std::string commit = PIXLAKE_GIT_COMMIT;
    if (options->json) {
      Json json = {{"status", "ok"},
                   {"version", PIXLAKE_VERSION},
                   {"commit", commit},
                   {"build_type", PIXLAKE_BUILD_TYPE}};
      for (const auto& [name, version] : engine::Libraries()) json["libraries"][name] = version;
      PrintJson(json);
      return Status::OK();
    }
    fmt::print("pixlake {}{}\n", PIXLAKE_VERSION, commit.empty() ? "" : " (" + commit + ")");
    fmt::print("{:<12} {}\n", "build", PIXLAKE_BUILD_TYPE);
    for (const auto& [name, version] : engine::Libraries()) fmt::print("{:<12} {}\n", name, version);
    return Status::OK();
  });
}

}  // namespace pixlake::cli
