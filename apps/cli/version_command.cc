#include <memory>

#include <fmt/format.h>

#include "engine/build_info.h"
#include "engine/session.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

Status PrintFeatures(const CommonOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options));
  const table::TableFormat* const format = session->new_table_format();
  Json list = Json::array();
  for (const table::FeatureSupport& feature : format->Features()) {
    if (options.json) {
      list.push_back({{"name", feature.name},
                      {"read", feature.reads ? "yes" : "no"},
                      {"write", feature.writes},
                      {"switched_on", feature.enables},
                      {"property", feature.property},
                      {"note", feature.note}});
    } else {
      fmt::print("{:<26} read {:<4} write {:<14} {}\n", feature.name, feature.reads ? "yes" : "no",
                 feature.writes, feature.note);
    }
  }
  if (options.json) PrintJson({{"status", "ok"}, {"format", format->name()}, {"features", std::move(list)}});
  return Status::OK();
}

}  // namespace

std::string VersionText() {
  const std::string commit = PIXLAKE_GIT_COMMIT;
  return commit.empty() ? PIXLAKE_VERSION : fmt::format("{} ({})", PIXLAKE_VERSION, commit);
}

void AddVersionCommand(CLI::App* program) {
  CLI::App* command = program->add_subcommand("version", "The version, and what it was built with");
  const auto options = std::make_shared<CommonOptions>();
  const auto features = std::make_shared<bool>(false);
  command->add_flag("--features", *features, "Which features of Delta tables are read, written, switched on");
  AddCommonOptions(command, options.get());
  HideOptions(command, {"--quiet", "--memory", "--threads", "--no-sync"});
  OnCommand(command, options.get(), [options, features] {
    if (*features) return PrintFeatures(*options);
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
    fmt::print("pixlake {}\n", VersionText());
    fmt::print("{:<12} {}\n", "build", PIXLAKE_BUILD_TYPE);
    for (const auto& [name, version] : engine::Libraries()) fmt::print("{:<12} {}\n", name, version);
    return Status::OK();
  });
}

}  // namespace pixlake::cli
