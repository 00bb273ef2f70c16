// The log: what the program did, for who looks after it; no message to the person at the terminal. Off until
// somebody starts it. One a process; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/log/rotating_file.h"
#include "base/result.h"

namespace pixlake {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error", "off".
std::string_view LogLevelName(LogLevel level);
// kOff for what is no level's name.
LogLevel LogLevelFromName(std::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  std::map<std::string, LogLevel> modules;  // other levels, by the module's name
  bool json = false;                        // a JSON object a line
  std::string file;                         // empty: standard error
  RotationPolicy rotation;
};

// Takes the place of a log that was started before. kIo and the like when the file cannot be written.
Status StartLog(const LogOptions& options);
void StopLog();

// Whether a line would be written, for those that cost something to make.
bool LogWanted(LogLevel level, std::string_view module);

struct LogField {
  std::string_view name;
  std::variant<int64_t, double, bool, std::string_view> value;
};

// A line: "2026-11-27T23:30:00.123Z info pipeline step ended step=metadata rows=100", or as JSON
// {"time":…,"level":…,"module":…,"message":…,"step":…}. Newlines in texts are escaped, so a line is a line. A
// log that cannot be written stops nothing: lines are lost, and how many is the first line once it can.
void Log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields = {});

}  // namespace pixlake
