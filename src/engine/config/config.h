// The files in a lake's config/: made by `pixlake init`, read by every command that takes --config.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

#include "settings/read/read_logging.h"
#include "settings/read/read_settings.h"
#include "settings/write/effective.h"
#include "settings/write/json_schema.h"

namespace pixlake::engine {

struct ConfigFile {
  std::string path;
  bool made = false;  // false: it was there and stays as it is
};

// "config/logging.yaml" of "config/settings.yaml"; empty when there is none.
std::string LoggingFileBeside(const std::string& settings_file);

// Starts the process's log (base/log/log.h) by the logging.yaml beside the settings; nothing without one.
Status StartLogBeside(const std::string& settings_file);

// Writes `<lake>/config/settings.yaml` with `sources` (relative ones are of the working folder), logging.yaml
// and the schemas of both beside it, where they are missing. `lake` is a folder or a URI; of a lake in an
// object store nothing is written. kUsage, before anything is written, for a source that is not there, or
// when the settings are there and lack one.
//
// Two calls, so that a mistyped source leaves no lake behind: Plan before the lake is made, Write after.
class ConfigFiles {
 public:
  static Result<ConfigFiles> Plan(const Session& session, const std::string& lake,
                                  const std::vector<std::string>& sources);
  Result<std::vector<ConfigFile>> Write() const;

 private:
  struct File {
    std::string name, text;
  };
  explicit ConfigFiles(io::Location place) : place_(std::move(place)) {}
  io::Location place_;
  std::vector<File> files_;
};

}  // namespace pixlake::engine
