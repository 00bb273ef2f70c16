// What each run did, as rows of a table of the lake: processed.run_steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::pipeline {

// A step of a run; "ingest" is one.
struct RunRow {
  std::string step;
  std::string mode;  // nothing, changed, all
  std::string reason;
  double seconds = 0;
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t rows_removed = 0;
  int64_t bytes = 0;        // that were taken in, of ingest
  int64_t quarantined = 0;  // of ingest
  int64_t retries = 0;
};

struct RunStamp {
  std::string id;  // as processed.check_results has it
  int64_t began_ms = 0;
};

// One commit for the run that began then. Beside each row stand the most memory that the process ever held
// and what it was allowed. Nothing for no rows.
Status WriteRunRows(const session::Session& session, const std::vector<RunRow>& rows, const RunStamp& stamp);

}  // namespace pixlake::pipeline
