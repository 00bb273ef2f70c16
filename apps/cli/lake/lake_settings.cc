#include "cli/lake/lake_settings.h"

#include <filesystem>

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
    found->root = std::filesystem::absolute(common->lake).lexically_normal().string();
    while (found->root.size() > 1 && found->root.ends_with('/')) found->root.pop_back();
    for (std::string* path :
         {&found->storage.raw_path, &found->storage.processed_path, &found->storage.curated_path})
      *path = found->root + "/" + *path;
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(*found, settings::ReadSettings(file));
  if (!config.empty() && !common->lake.empty()) {
    return Error(ErrorCode::kUsage,
                 fmt::format("--config says that the lake is {}; leave --lake out", found->root));
  }
  common->lake = found->root;
  if (common->threads == 0) common->threads = static_cast<int>(found->processing.threads);
  if (common->memory.empty() && found->processing.memory_bytes > 0)
    common->memory = std::to_string(found->processing.memory_bytes);
  return Status::OK();
}

}  // namespace pixlake::cli
