// The steps of a lake, one after the other: each does what there is to do and no more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

#include "pipeline/check/checks.h"
#include "pipeline/check/judge.h"
#include "pipeline/step/step.h"
#include "pipeline/step/step_state.h"

namespace pixlake::pipeline {

struct RunOptions {
  std::vector<std::string> only;  // steps by name; empty: all
  bool plan = false;              // say what would be done, do nothing
  bool anew = false;              // make all of their outputs again
  // Make again what comes of the inputs' changes from then on, though it was: milliseconds since the epoch.
  std::optional<int64_t> since_ms = {};
  int64_t batch_rows = 1000;      // images that a kernel gets at a time, at most
  int64_t max_retries = 3;        // of a step that met another's commit, or a store that failed for a while
  std::function<void()> on_wait;  // another run is at it
  std::string run_id;             // what rows of check_results are told apart by; empty: a new one
};

struct StepReport {
  std::string name;
  StepMode mode = StepMode::kNothing;
  std::string reason;
  int64_t keys = 0;      // that were made anew, where not all were
  int64_t rows_in = 0;   // that a kernel worked on; of steps without one, the keys, or the first input's rows
  int64_t rows_out = 0;  // written
  int64_t rows_removed = 0;
  int64_t version = -1;  // of the output, where it was committed to
  int retries = 0;
  double seconds = 0;
};

// kUsage for a name that is no step's, with what is near.
Status CheckOnly(const std::vector<Step>& steps, const std::vector<std::string>& only);

// kUsage for a step of somebody else's whose SQL reads anything but its inputs: changes of that would pass
// unseen.
Status CheckReads(const session::Session& session, const std::vector<Step>& steps);
// kUsage, with the place in the settings, for checks of tables that there are not and no step makes, of
// columns that they have not, and for rows that nothing would leave out.
Status CheckTables(const session::Session& session, const std::vector<Step>& steps, const Checks& checks);

struct StepsReport {
  std::vector<StepReport> steps;
  std::vector<CheckResult> checks;  // of all that were asked, or are known from before
  int64_t quarantined = 0;          // images that checks put in quarantine, newly
  Status ended;  // why the run ended before its last step; what was done is told all the same
};

// Each step ends with one commit that notes which versions of its inputs it is made of: interrupted at any
// point, a run again goes on with the step that was interrupted. Runs in one lake take turns. A step that
// fails ends the run; those before it stay. Checks of a table are asked behind the step that makes it; where
// one of severity `stop` fails, steps that read the table are not run, and the run ends with an error.
//
// `session` has the lake. kUsage for steps that do not fit together and names in `only` that are none.
Result<StepsReport> RunSteps(const session::Session& session, const std::vector<Step>& steps,
                             const Checks& checks, const RunOptions& options);

}  // namespace pixlake::pipeline
