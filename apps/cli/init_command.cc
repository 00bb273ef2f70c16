#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/config/config.h"
#include "engine/ingest/ingest.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct InitOptions {
  CommonOptions common;
  std::string lake;
  std::vector<std::string> sources;
};

Status Run(const InitOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const auto files, engine::ConfigFiles::Plan(*session, options.lake, options.sources));
  PL_ASSIGN_OR_RETURN(const engine::LakeSummary lake, engine::InitLake(*session, options.lake));
  PL_ASSIGN_OR_RETURN(const auto config, files.Write());
  if (options.common.json) {
    Json written = Json::array();
    for (const engine::ConfigFile& file : config)
      written.push_back({{"path", file.path}, {"made", file.made}});
    PrintJson(
        {{"status", "ok"}, {"lake", lake.path}, {"tables", lake.tables}, {"config", std::move(written)}});
  } else {
    Note("Lake {} with {}\n", lake.path, fmt::join(lake.tables, ", "));
    if (!config.empty()) Note("Settings {}{}\n", config[0].path, config[0].made ? "" : " as they were");
    Note("Next: pixlake ingest FOLDER --lake {}\n", options.lake);
  }
  return Status::OK();
}

}  // namespace

void AddInitCommand(CLI::App* program) {
  const auto options = std::make_shared<InitOptions>();
  CLI::App* command =
      program->add_subcommand("init",
                              "Make a lake: a folder whose tables have names (raw.images, "
                              "…),\nwith settings in its config/.\nFine to repeat; changes nothing "
                              "then.");
  command->add_option("LAKE", options->lake, "Folder of the lake, or a place in a store (s3, gs, hdfs)")
      ->required();
  command
      ->add_option("--source", options->sources,
                   "Where images will come from, into its settings (repeatable)")
      ->type_name("PATH")
      ->check(NotEmpty())
      ->expected(1)
      ->take_all();
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(*options); });
}

}  // namespace pixlake::cli
