#include "engine/run/run_log.h"

#include <string_view>

#include "base/log/log.h"
#include "engine/config/config.h"

namespace pixlake::engine {
namespace {

constexpr std::string_view kRunModule = "run";

std::string_view StepModeWord(pipeline::StepMode mode) {
  switch (mode) {
    case pipeline::StepMode::kNothing:
      return "nothing";
    case pipeline::StepMode::kChanged:
      return "changed";
    case pipeline::StepMode::kAll:
      return "all";
  }
  return "";
}

}  // namespace

Status StartRunLog(const RunRequest& request) {
  if (request.settings.file.empty() || request.options.plan) return Status::OK();
  PL_RETURN_NOT_OK(StartLogBeside(request.settings.file));
  Log(LogLevel::kInfo, kRunModule, "run begins",
      {{"settings", request.settings.file}, {"lake", request.lake}});
  return Status::OK();
}

void LogRun(const RunRequest& request, const Result<RunReport>& report) {
  if (request.options.plan) return;
  if (!report.ok()) {
    const std::string message = report.status().message();
    Log(LogLevel::kError, kRunModule, "run failed",
        {{"code", CodeName(CodeOf(report.status()))}, {"error", message}});
    return;
  }
  int64_t quarantined = report->quarantined;
  for (const ingest::LakeIngestReport& one : report->ingested) {
    quarantined += one.added.quarantined;
    Log(one.added.quarantined > 0 ? LogLevel::kWarning : LogLevel::kInfo, "ingest", "source taken in",
        {{"items", one.items},
         {"images", one.added.images},
         {"duplicates", one.added.duplicates},
         {"quarantined", one.added.quarantined},
         {"gone", one.added.gone},
         {"bytes", one.added.bytes}});
    for (const std::string& note : one.notes) Log(LogLevel::kWarning, "ingest", note);
  }
  for (const pipeline::StepReport& step : report->steps) {
    const bool nothing = step.mode == pipeline::StepMode::kNothing;
    Log(nothing ? LogLevel::kDebug : LogLevel::kInfo, "pipeline",
        nothing ? "step had nothing to do" : "step ended",
        {{"step", step.name},
         {"mode", StepModeWord(step.mode)},
         {"reason", step.reason},
         {"rows_in", step.rows_in},
         {"rows_out", step.rows_out},
         {"retries", int64_t{step.retries}},
         {"seconds", step.seconds}});
  }
  for (const pipeline::CheckResult& check : report->checks) {
    if (!check.is_news) continue;
    Log(check.passed == false ? LogLevel::kWarning : LogLevel::kInfo, "pipeline", "check asked",
        {{"check", check.check},
         {"table", check.table},
         {"severity", check.severity},
         {"rows_checked", check.rows_checked},
         {"rows_failed", check.rows_failed},
         {"result", check.passed == false ? "failed"
                    : check.passed        ? "passed"
                                          : "not_applicable"},
         {"message", check.message}});
  }
  Log(LogLevel::kInfo, kRunModule, "run ended",
      {{"ingest_seconds", report->ingest_seconds},
       {"steps", static_cast<int64_t>(report->steps.size())},
       {"quarantined", quarantined}});
}

}  // namespace pixlake::engine
