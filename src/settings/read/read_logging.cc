#include "settings/read/read_logging.h"

#include "settings/key/logging_keys.h"
#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {

LoggingReading ExamineLogging(std::string_view text, const std::string& root) {
  LoggingReading reading;
  Logging& logging = reading.logging;
  ReadByKeys(text, LoggingKeys(), {root, &logging.places, &logging.from_environment, &reading.problems},
             &logging);
  if (logging.file != "stderr") logging.file = AbsolutePath(root, logging.file);
  InOrder(&reading.problems);
  return reading;
}

Result<LoggingReading> ExamineLogging(const std::string& file) {
  PL_ASSIGN_OR_RETURN(const std::string text, ConfigContents(file));
  return ExamineLogging(text, RootOf(file));
}

Result<Logging> ReadLogging(const std::string& file) {
  PL_ASSIGN_OR_RETURN(LoggingReading reading, ExamineLogging(file));
  if (reading.problems.empty()) return std::move(reading.logging);
  return Error(ErrorCode::kUsage, ProblemsText(file, reading.problems));
}

}  // namespace pixlake::settings
