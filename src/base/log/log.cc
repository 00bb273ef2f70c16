#include "base/log/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/clock.h"

namespace pixlake {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

void AppendJsonText(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      *out += fmt::format("\\u{:04x}", byte);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

// In quotes where a reader could not tell where it ends.
void AppendPlainText(std::string_view text, bool quote_spaces, std::string* out) {
  bool plain = !quote_spaces || !text.empty();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && byte >= 0x20 && byte != 0x7F && !(quote_spaces && (c == ' ' || c == '"' || c == '='));
  }
  if (plain) {
    *out += text;
  } else {
    AppendJsonText(text, out);
  }
}

std::string LineOf(bool json, LogLevel level, std::string_view module, std::string_view message,
                   std::initializer_list<LogField> fields) {
  const std::string time = FormatTimestamp(NowMillis());
  const std::string_view name = LogLevelName(level);
  std::string line;
  if (json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","module":)", time, name);
    AppendJsonText(module, &line);
    line += R"(,"message":)";
    AppendJsonText(message, &line);
  } else {
    line = fmt::format("{} {} {} ", time, name, module);
    AppendPlainText(message, false, &line);
  }
  for (const LogField& field : fields) {
    if (json) {
      line += ',';
      AppendJsonText(field.name, &line);
      line += ':';
    } else {
      line += fmt::format(" {}=", field.name);
    }
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      json ? AppendJsonText(*text, &line) : AppendPlainText(*text, true, &line);
    } else if (const auto* integer = std::get_if<int64_t>(&field.value)) {
      line += fmt::format("{}", *integer);
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
      line += *flag ? "true" : "false";
    } else {
      const double number = std::get<double>(field.value);
      // JSON has no infinities.
      line += number - number == 0 ? fmt::format("{}", number) : "null";
    }
  }
  if (json) line += '}';
  return line;
}

class RotatingSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  RotatingSink(std::unique_ptr<RotatingFile> file, bool json) : file_(std::move(file)), json_(json) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string text;
    if (lost_ > 0) {
      text = LineOf(json_, LogLevel::kWarning, "log", "lines could not be written", {{"lines", lost_}});
      text += '\n';
    }
    text.append(message.payload.data(), message.payload.size());
    text += '\n';
    lost_ = file_->Append(text, NowMillis()).ok() ? 0 : lost_ + 1;
  }
  void flush_() override {}

 private:
  const std::unique_ptr<RotatingFile> file_;
  const bool json_;
  int64_t lost_ = 0;
};

struct RunningLog {
  LogOptions options;
  std::unique_ptr<spdlog::logger> logger;
};

std::shared_mutex g_log_mutex;
std::shared_ptr<RunningLog> g_log;
std::atomic<int> g_least_level{static_cast<int>(LogLevel::kOff)};  // so that no log costs nothing

std::shared_ptr<RunningLog> Running() {
  const std::shared_lock lock(g_log_mutex);
  return g_log;
}

bool IsWanted(const LogOptions& options, LogLevel level, std::string_view module) {
  const auto own = options.modules.find(std::string(module));
  return level >= (own == options.modules.end() ? options.level : own->second);
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<size_t>(level)];
}

LogLevel LogLevelFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::kOff;
}

Status StartLog(const LogOptions& options) {
  auto log = std::make_shared<RunningLog>();
  log->options = options;
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    auto file = std::make_unique<RotatingFile>(options.file, options.rotation);
    PL_RETURN_NOT_OK(file->Append("", NowMillis()));
    sink = std::make_shared<RotatingSink>(std::move(file), options.json);
  }
  LogLevel least = options.level;
  for (const auto& [module, level] : options.modules) least = std::min(least, level);
  try {
    sink->set_pattern("%v");
    log->logger = std::make_unique<spdlog::logger>("pixlake", std::move(sink));
    log->logger->set_level(ToSpdlog(least));
    log->logger->set_error_handler([](const std::string&) {});
  } catch (const spdlog::spdlog_ex& e) {
    return Error(ErrorCode::kInternal, std::string("starting the log: ") + e.what());
  }
  const std::unique_lock lock(g_log_mutex);
  g_log = std::move(log);
  g_least_level.store(static_cast<int>(least));
  return Status::OK();
}

void StopLog() {
  const std::unique_lock lock(g_log_mutex);
  g_log.reset();
  g_least_level.store(static_cast<int>(LogLevel::kOff));
}

bool LogWanted(LogLevel level, std::string_view module) {
  if (level == LogLevel::kOff || static_cast<int>(level) < g_least_level.load(std::memory_order_relaxed))
    return false;
  const auto log = Running();
  return log != nullptr && IsWanted(log->options, level, module);
}

void Log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields) {
  if (!LogWanted(level, module)) return;
  const auto log = Running();
  if (log == nullptr) return;
  const std::string line = LineOf(log->options.json, level, module, message, fields);
  log->logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace pixlake
