// config/logging.yaml as values: what is written to the log, how, and for how long it is kept.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "settings/settings.h"

namespace pixlake::settings {

struct Logging {
  std::string level = "info";                  // debug, info, warning, error, off
  std::map<std::string, std::string> modules;  // other levels, by the module's name
  std::string format = "text";                 // text, json
  std::string file = "logs/pixlake.log";       // absolute; "stderr": standard error
  int64_t rotate_bytes = int64_t{10} << 20;    // 0: at no size
  int64_t rotate_every_ms = 86'400'000;        // 0: never
  int64_t keep = 14;                           // ended files; 0: all
  int64_t keep_ms = 2'592'000'000;             // 0: however old

  std::map<std::string, Place> places;
  std::set<std::string> from_environment;
};

}  // namespace pixlake::settings
