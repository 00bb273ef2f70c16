#include "engine/config/config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/log/log.h"

#include "settings/write/settings_file.h"

namespace pixlake::engine {
namespace {

constexpr const char* kSettingsName = "config/settings.yaml";

Result<std::string> AsInSettings(const std::string& source) {
  if (source.find("://") != std::string::npos || source.starts_with("data:")) return source;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(source, error);
  if (error || source.empty())
    return Error(ErrorCode::kUsage, fmt::format("--source '{}' is no path", source));
  std::string path = absolute.lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// The settings that are there must say what was asked for.
Status CheckHasSources(const std::string& file, const std::vector<std::string>& sources) {
  PL_ASSIGN_OR_RETURN(const settings::Settings settings, settings::ReadSettings(file));
  for (const std::string& source : sources) {
    const bool has = std::any_of(settings.sources.begin(), settings.sources.end(),
                                 [&](const settings::Source& one) { return one.path == source; });
    if (!has) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("{} is there already, and {} is none of its sources; add it there", file, source));
    }
  }
  return Status::OK();
}

LogOptions ToLogOptions(const settings::Logging& logging) {
  LogOptions options;
  options.level = LogLevelFromName(logging.level);
  for (const auto& [module, level] : logging.modules) options.modules[module] = LogLevelFromName(level);
  options.json = logging.format == "json";
  options.file = logging.file == "stderr" ? "" : logging.file;
  options.rotation = {.size_bytes = logging.rotate_bytes,
                      .every_ms = logging.rotate_every_ms,
                      .keep = logging.keep,
                      .keep_ms = logging.keep_ms};
  return options;
}

}  // namespace

std::string LoggingFileBeside(const std::string& settings_file) {
  const auto file = std::filesystem::path(settings_file).parent_path() / "logging.yaml";
  std::error_code error;
  return std::filesystem::exists(file, error) ? file.string() : "";
}

Status StartLogBeside(const std::string& settings_file) {
  const std::string file = LoggingFileBeside(settings_file);
  if (file.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const settings::Logging logging, settings::ReadLogging(file));
  return StartLog(ToLogOptions(logging));
}

Result<ConfigFiles> ConfigFiles::Plan(const Session& session, const std::string& lake,
                                      const std::vector<std::string>& sources) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(io::Location place, session.Locate(lake));
  if (place.store->scheme() != "file") {
    if (sources.empty()) return ConfigFiles(std::move(place));
    return Error(
        ErrorCode::kUsage,
        fmt::format("{} is in an object store; its settings stand on this machine: make a folder with "
                    "`pixlake init FOLDER` and set storage.raw_path there",
                    lake));
  }
  std::vector<std::string> paths;
  for (const std::string& source : sources) {
    PL_ASSIGN_OR_RETURN(std::string path, AsInSettings(source));
    paths.push_back(std::move(path));
  }
  ConfigFiles files(place);
  const std::string file = place.Child(kSettingsName);
  std::error_code error;
  if (!paths.empty() && std::filesystem::exists(file, error)) PL_RETURN_NOT_OK(CheckHasSources(file, paths));
  std::string text = settings::SettingsFile(paths);
  PL_RETURN_NOT_OK(settings::ParseSettings(text, "--source", place.path).status());
  files.files_.push_back({kSettingsName, std::move(text)});
  files.files_.push_back({"config/settings.schema.json", settings::SettingsSchema()});
  files.files_.push_back({"config/logging.yaml", settings::LoggingFile()});
  files.files_.push_back({"config/logging.schema.json", settings::LoggingSchema()});
  return files;
}

Result<std::vector<ConfigFile>> ConfigFiles::Write() const {
  std::vector<ConfigFile> written;
  for (const File& file : files_) {
    const std::string path = place_.Child(file.name);
    const Status put = place_.store->PutIfAbsent(path, file.text);
    if (!put.ok() && CodeOf(put) != ErrorCode::kAlreadyExists) return WithContext(put, "writing settings");
    written.push_back({path, put.ok()});
  }
  return written;
}

}  // namespace pixlake::engine
