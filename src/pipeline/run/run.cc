#include "pipeline/run/run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include "base/clock.h"
#include "base/near.h"
#include "lake/lake_lock.h"
#include "lake/lake_tables.h"
#include "lake/lease/fence.h"
#include "query/session/open_sql_session.h"

#include "pipeline/check/check_ledger.h"
#include "pipeline/check/check_quarantine.h"
#include "pipeline/run/step_run.h"

namespace pixlake::pipeline {
namespace {

constexpr char kValidated[] = "processed.validated";

bool MayPass(const Status& status) {
  return CodeOf(status) == ErrorCode::kCommitConflict || RetryHelps(status);
}

Result<StepReport> RunUntilDone(const session::Session& session, const catalog::Lake& lake, const Step& step,
                                const RunOptions& options, const RunScope& scope, lake::LakeLock* lock) {
  for (int64_t tries = 0;; ++tries) {
    if (lock != nullptr) PL_RETURN_NOT_OK(lock->Check());
    auto report = RunStep(session, lake, step, options, scope);
    if (report.ok()) {
      report->retries = static_cast<int>(tries);
      return report;
    }
    if (!MayPass(report.status()) || tries >= options.max_retries) return report;
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(100) * (int64_t{1} << std::min<int64_t>(tries, 6)));
  }
}

bool IsWanted(const RunOptions& options, const Step& step) {
  return options.only.empty() ||
         std::find(options.only.begin(), options.only.end(), step.name) != options.only.end();
}

Result<StepsReport> PlanRun(const session::Session& session, const catalog::Lake& lake,
                            const std::vector<Step>& ordered, const RunOptions& options) {
  StepsReport out;
  const RunScope scope{NowMillis() * 1000, std::nullopt};
  std::set<std::string> stale;  // tables that a run would make anew
  for (const Step& step : ordered) {
    if (!IsWanted(options, step)) continue;
    PL_RETURN_NOT_OK(CheckStopped());
    const auto waits = std::find_if(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
      return stale.contains(input.table.text());
    });
    if (waits != step.inputs.end()) {
      StepReport report;
      report.name = step.name;
      report.mode = StepMode::kChanged;
      report.reason = fmt::format("{} will have news", waits->table.text());
      stale.insert(step.output.text());
      out.steps.push_back(std::move(report));
      continue;
    }
    PL_ASSIGN_OR_RETURN(out.steps.emplace_back(), RunUntilDone(session, lake, step, options, scope, nullptr));
    if (out.steps.back().mode != StepMode::kNothing) stale.insert(step.output.text());
  }
  return out;
}

// What another run may still be at: the steps' outputs, and whatever a run has ever committed to.
Status FenceOutputs(const session::Session& session, const catalog::Lake& lake,
                    const std::vector<Step>& steps, const std::vector<catalog::TableName>& tables,
                    const table::LeaseEpoch& lease) {
  for (const catalog::TableName& name : tables) {
    PL_ASSIGN_OR_RETURN(const auto table, session.OpenToChange(lake.TablePlace(name).path));
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
    const bool is_output = std::any_of(
        steps.begin(), steps.end(), [&name](const Step& step) { return step.output.text() == name.text(); });
    if (is_output || snapshot->TxnVersion(lease.app_id))
      PL_RETURN_NOT_OK(lake::FenceTable(table.get(), lease));
  }
  return Status::OK();
}

class Runner {
 public:
  Runner(const session::Session& session, const catalog::Lake& lake, const Checks& checks,
         const RunOptions& options, const std::vector<std::string>& known, lake::LakeLock* lock)
      : session_(session),
        lake_(lake),
        checks_(checks),
        options_(options),
        there_(known.begin(), known.end()),
        lock_(lock),
        scope_{NowMillis() * 1000, lock->epoch()} {}

  Result<StepsReport> Run(const std::vector<Step>& ordered) {
    PL_ASSIGN_OR_RETURN(ledger_, CheckLedger::Open(session_, lake_, checks_, scope_.now_us));
    report_.ended = RunAll(ordered);
    // What was asked is kept, whatever came then.
    const Status written = ledger_->Write(options_.run_id);
    if (report_.ended.ok()) report_.ended = written;
    if (report_.ended.ok() && !stops_.empty())
      report_.ended = Error(ErrorCode::kSchemaMismatch, WhatStopped());
    report_.checks = ledger_->results();
    return std::move(report_);
  }

 private:
  Status RunAll(const std::vector<Step>& ordered) {
    std::set<std::string> made;
    for (const Step& step : ordered) made.insert(step.output.text());
    std::set<std::string> asked;
    for (const TableCheck& check : checks_.of_tables) {
      const std::string name = check.table.text();
      if (!made.contains(name) && asked.insert(name).second) PL_RETURN_NOT_OK(Ask(check.table, ""));
    }
    for (const Step& step : ordered) {
      PL_RETURN_NOT_OK(CheckStopped());
      const auto stopped = std::find_if(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
        return stopped_.contains(input.table.text());
      });
      if (stopped != step.inputs.end()) {
        stopped_.insert(step.output.text());
        if (IsWanted(options_, step)) not_run_.push_back(step.name);
        continue;
      }
      PL_RETURN_NOT_OK(RunOne(step));
    }
    return Status::OK();
  }

  // A step that is not wanted makes nothing; where its table stops what reads it, it does.
  Status RunOne(const Step& step) {
    const std::string name = step.output.text();
    if (IsWanted(options_, step)) {
      auto done = RunUntilDone(session_, lake_, step, options_, scope_, lock_);
      const bool asks_wrongly =
          !done.ok() && name == kValidated && CodeOf(done.status()) == ErrorCode::kUsage;
      if (asks_wrongly) return WithPlaceOfCheck(done.status(), checks_.of_images);
      PL_RETURN_NOT_OK(done.status());
      report_.steps.push_back(*std::move(done));
      there_.insert(name);
    }
    if (!there_.contains(name)) return Status::OK();
    if (!step.stops.empty()) {
      PL_ASSIGN_OR_RETURN(const std::string why, WhyStop(session_, lake_, step));
      if (!why.empty()) Stop(step.output, why);
    }
    if (name == kValidated) {
      PL_RETURN_NOT_OK(ledger_->AskOfImages());
      PL_ASSIGN_OR_RETURN(const CheckQuarantine done,
                          SyncCheckQuarantine(session_, lake_, checks_, scope_.now_us));
      report_.quarantined += done.added;
    }
    return Ask(step.output, step.key);
  }

  Status Ask(const catalog::TableName& table, const std::string& key) {
    PL_RETURN_NOT_OK(ledger_->Ask(table, key));
    const std::string why = ledger_->WhyStop(table);
    if (!why.empty()) Stop(table, why);
    return Status::OK();
  }

  void Stop(const catalog::TableName& table, const std::string& why) {
    stopped_.insert(table.text());
    stops_.push_back(why);
  }

  std::string WhatStopped() const {
    std::string out = fmt::format("{}. What was made stays", fmt::join(stops_, "; "));
    if (not_run_.empty()) return out;
    return out + fmt::format("; steps behind it were not run: {}", fmt::join(not_run_, ", "));
  }

  const session::Session& session_;
  const catalog::Lake& lake_;
  const Checks& checks_;
  const RunOptions& options_;
  std::set<std::string> there_;  // tables
  lake::LakeLock* const lock_;
  const RunScope scope_;
  std::unique_ptr<CheckLedger> ledger_;
  std::set<std::string> stopped_;  // tables that are not to be read
  std::vector<std::string> stops_, not_run_;
  StepsReport report_;
};

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

Result<StepsReport> RunSteps(const session::Session& session, const std::vector<Step>& steps,
                             const Checks& checks, const RunOptions& options) {
  const StopScope scope = session.Enter();
  PL_RETURN_NOT_OK(CheckOnly(steps, options.only));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto tables, lake.TableNames());
  std::vector<std::string> known;
  for (const catalog::TableName& table : tables) known.push_back(table.text());
  PL_ASSIGN_OR_RETURN(const std::vector<Step> ordered, InOrder(steps, known));
  if (options.plan) return PlanRun(session, lake, ordered, options);
  PL_ASSIGN_OR_RETURN(const auto lock, lake::LakeLock::Acquire(lake, "run", options.on_wait));
  const auto run = [&]() -> Result<StepsReport> {
    if (lock->took_over()) {
      PL_RETURN_NOT_OK(FenceOutputs(session, lake, ordered, tables, *lock->epoch()));
    }
    lock->NoteFenced();
    // Those of an earlier version keep their changes from now on.
    PL_RETURN_NOT_OK(lake::OpenLakeTables(lake, session.new_table_format()).status());
    Runner runner(session, lake, checks, options, known, lock.get());
    return runner.Run(ordered);
  };
  auto done = run();
  if (!done.ok()) return lock->Explain(done.status());
  if (!done->ended.ok()) done->ended = lock->Explain(done->ended);
  return done;
}

}  // namespace pixlake::pipeline
