#include <memory>

#include <fmt/format.h>

#include "engine/ingest/ingest.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct InitOptions {
  CommonOptions common;
  std::string lake;
};

Status Run(const InitOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const engine::LakeSummary lake, engine::InitLake(*session, options.lake));
  if (options.common.json) {
    PrintJson({{"status", "ok"}, {"lake", lake.path}, {"tables", lake.tables}});
  } else {
    Note("Lake {} with {}\nNext: pixlake ingest FOLDER --lake {}\n", lake.path, fmt::join(lake.tables, ", "),
         options.lake);
  }
  return Status::OK();
}

}  // namespace

void AddInitCommand(CLI::App* program) {
  const auto options = std::make_shared<InitOptions>();
  CLI::App* command = program->add_subcommand("init",
                                              "Make a lake: a folder whose tables have names (raw.images, "
                                              "…).\nFine to repeat; changes nothing then.");
  command->add_option("LAKE", options->lake, "Folder of the lake")->required();
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(*options); });
}

}  // namespace pixlake::cli
