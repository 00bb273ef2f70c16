// Reads config/logging.yaml, as strictly as the settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

#include "settings/logging.h"
#include "settings/read/read_settings.h"

namespace pixlake::settings {

struct LoggingReading {
  Logging logging;  // of no use when there are problems
  std::vector<Problem> problems;
};

LoggingReading ExamineLogging(std::string_view text, const std::string& root);
// An error only when the file cannot be read at all.
Result<LoggingReading> ExamineLogging(const std::string& file);
// kUsage with ProblemsText.
Result<Logging> ReadLogging(const std::string& file);

}  // namespace pixlake::settings
