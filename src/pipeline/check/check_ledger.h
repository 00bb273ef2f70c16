// What checks said, run by run: rows of processed.check_results.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/lake.h"
#include "query/session/sql_session.h"
#include "session/session.h"

#include "pipeline/check/checks.h"
#include "pipeline/check/judge.h"

namespace pixlake::pipeline {

// One run's. A check of a table that is as it was when the same was asked last is not asked again, and gives
// no row; freshness is asked again, and gives one when it passes and did not, or the other way round. Of one
// thread.
class CheckLedger {
 public:
  // Reads what was said last. `checks` must outlive it. Nothing is opened or made when there are none.
  static Result<std::unique_ptr<CheckLedger>> Open(const session::Session& session, const catalog::Lake& lake,
                                                   const Checks& checks, int64_t now_us);

  // The checks of `table`, as it is now; fine where there are none. `key`: what its rows are named by.
  Status Ask(const catalog::TableName& table, const std::string& key);
  // Those of images, by processed.validated as it is now.
  Status AskOfImages();

  // Why steps that read `table` do not run: its checks of severity `stop` that fail. Empty: they run.
  std::string WhyStop(const catalog::TableName& table) const;

  // The run's rows, in one commit; none when there is no news.
  Status Write(const std::string& run_id);

  const std::vector<CheckResult>& results() const { return results_; }

 private:
  CheckLedger(const session::Session& session, const catalog::Lake& lake, const Checks& checks,
              int64_t now_us)
      : session_(session), lake_(lake), checks_(checks), now_us_(now_us) {}
  Status ReadLast();
  Result<query::SqlSession*> Sql();
  Result<AskedTable> OpenAsked(const catalog::TableName& table, const std::string& key) const;
  // What was said last, where the same is asked of the same again; null: it is to be asked.
  const CheckResult* Current(const std::string& check, int64_t version, int64_t definition) const;
  void Add(CheckResult result);

  const session::Session& session_;
  const catalog::Lake& lake_;
  const Checks& checks_;
  const int64_t now_us_;
  std::unique_ptr<query::SqlSession> sql_;
  std::map<std::string, CheckResult> last_;  // by the check's name
  std::map<std::string, EarlierCounts> earlier_;
  std::vector<CheckResult> results_;
};

}  // namespace pixlake::pipeline
