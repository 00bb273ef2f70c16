#include "cli/lake/lake_settings.h"

#include <filesystem>
#include <system_error>

#include "engine/run/run.h"

namespace pixlake::cli {

void AddConfigOption(CLI::App* command, std::string* config) {
  command->add_option("--config", *config, "The lake's settings (config/settings.yaml in it)")
      ->type_name("FILE")
      ->check(NotEmpty());
}

Status FindSettings(const std::string& config, CommonOptions* common, settings::Settings* found) {
  if (config.empty() && common->lake.empty()) common->lake = LakeHere();
  std::string file = config;
  if (file.empty() && !common->lake.empty()) {
    const std::string inside = common->lake + "/config/settings.yaml";
    std::error_code error;
    if (std::filesystem::exists(inside, error)) file = inside;
  }
  if (file.empty()) {
    if (common->lake.empty())
      return Error(ErrorCode::kUsage, "which lake? Give --config LAKE/config/settings.yaml, or --lake LAKE");
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(*found, settings::ReadSettings(file));
  if (!config.empty() && !common->lake.empty()) {
    return Error(ErrorCode::kUsage,
                 fmt::format("--config says that the lake is {}; leave --lake out", engine::LakeOf(*found)));
  }
  common->lake = engine::LakeOf(*found);
  if (common->threads == 0) common->threads = static_cast<int>(found->processing.threads);
  if (common->memory.empty() && found->processing.memory_bytes > 0)
    common->memory = std::to_string(found->processing.memory_bytes);
  return Status::OK();
}

}  // namespace pixlake::cli
