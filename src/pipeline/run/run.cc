#include "pipeline/run/run.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include "base/clock.h"
#include "base/near.h"
#include "lake/lake_lock.h"
#include "lake/lake_tables.h"
#include "query/session/open_sql_session.h"

#include "pipeline/run/step_run.h"

namespace pixlake::pipeline {
namespace {

bool MayPass(const Status& status) {
  return CodeOf(status) == ErrorCode::kCommitConflict || RetryHelps(status);
}

Status CheckGoesOn(const session::Session& session, const catalog::Lake& lake, const Step& step) {
  PL_ASSIGN_OR_RETURN(const std::string why, WhyStop(session, lake, step));
  if (why.empty()) return Status::OK();
  return Error(ErrorCode::kSchemaMismatch,
               fmt::format("the run ends behind step {}: {}. What is in {} stays; nothing behind it was made "
                           "anew",
                           step.name, why, step.output.text()));
}

Result<StepReport> RunUntilDone(const session::Session& session, const catalog::Lake& lake, const Step& step,
                                const RunOptions& options, int64_t now_us) {
  for (int64_t tries = 0;; ++tries) {
    auto report = RunStep(session, lake, step, options, now_us);
    if (report.ok()) {
      report->retries = static_cast<int>(tries);
      return report;
    }
    if (!MayPass(report.status()) || tries >= options.max_retries) return report;
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(100) * (int64_t{1} << std::min<int64_t>(tries, 6)));
  }
}

}  // namespace

Status CheckOnly(const std::vector<Step>& steps, const std::vector<std::string>& only) {
  std::vector<std::string> names;
  for (const Step& step : steps) names.push_back(step.name);
  for (const std::string& name : only) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return Error(ErrorCode::kUsage, fmt::format("there is no step `{}`{}", name, DidYouMean(name, names)));
  }
  return Status::OK();
}

Status CheckReads(const session::Session& session, const std::vector<Step>& steps) {
  std::unique_ptr<query::SqlSession> sql;
  for (const Step& step : steps) {
    if (!step.is_own || !step.kernel.name.empty()) continue;
    if (sql == nullptr) PL_RETURN_NOT_OK(query::OpenSqlSession(session, Work::kSql).Value(&sql));
    const auto wrong = [&step](const std::string& what) {
      return Error(ErrorCode::kUsage, fmt::format("{}{}", step.where.empty() ? "" : step.where + ": ", what));
    };
    const auto sources = sql->SourcesOf(step.sql);
    if (!sources) return wrong(fmt::format("step {}: its SQL is no SELECT that can be read", step.name));
    std::vector<std::string> names;
    for (const StepInput& input : step.inputs) names.push_back(input.table.name);
    for (const std::string& source : *sources) {
      const auto same = [&source](const std::string& name) {
        return name.size() == source.size() && ::strncasecmp(name.data(), source.data(), name.size()) == 0;
      };
      if (std::any_of(names.begin(), names.end(), same)) continue;
      return wrong(fmt::format("step {}: its SQL reads {}, which is none of its inputs: {}{}", step.name,
                               source, fmt::join(names, ", "), DidYouMean(source, names)));
    }
  }
  return Status::OK();
}

Result<std::vector<StepReport>> RunSteps(const session::Session& session, const std::vector<Step>& steps,
                                         const RunOptions& options) {
  const StopScope scope = session.Enter();
  PL_RETURN_NOT_OK(CheckOnly(steps, options.only));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto tables, lake.TableNames());
  std::vector<std::string> known;
  for (const catalog::TableName& table : tables) known.push_back(table.text());
  PL_ASSIGN_OR_RETURN(const std::vector<Step> ordered, InOrder(steps, known));
  std::unique_ptr<lake::LakeLock> lock;
  if (!options.plan) {
    PL_ASSIGN_OR_RETURN(lock, lake::LakeLock::Acquire(lake, "run", options.on_wait));
    // Those of an earlier version keep their changes from now on.
    PL_RETURN_NOT_OK(lake::OpenLakeTables(lake, session.new_table_format()).status());
  }
  const int64_t now_us = NowMillis() * 1000;
  std::vector<StepReport> reports;
  std::set<std::string> stale;  // tables that a plan would make anew
  for (const Step& step : ordered) {
    const bool wanted = options.only.empty() ||
                        std::find(options.only.begin(), options.only.end(), step.name) != options.only.end();
    const bool is_there = std::find(known.begin(), known.end(), step.output.text()) != known.end();
    if (!wanted && (options.plan || step.stops.empty() || !is_there)) continue;
    PL_RETURN_NOT_OK(CheckStopped());
    if (!wanted) {
      PL_RETURN_NOT_OK(CheckGoesOn(session, lake, step));
      continue;
    }
    const auto waits = std::find_if(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
      return stale.contains(input.table.text());
    });
    if (options.plan && waits != step.inputs.end()) {
      StepReport report;
      report.name = step.name;
      report.mode = StepMode::kChanged;
      report.reason = fmt::format("{} will have news", waits->table.text());
      stale.insert(step.output.text());
      reports.push_back(std::move(report));
      continue;
    }
    PL_ASSIGN_OR_RETURN(reports.emplace_back(), RunUntilDone(session, lake, step, options, now_us));
    if (reports.back().mode != StepMode::kNothing) stale.insert(step.output.text());
    if (options.plan || step.stops.empty()) continue;
    PL_RETURN_NOT_OK(CheckGoesOn(session, lake, step));
  }
  return reports;
}

}  // namespace pixlake::pipeline
