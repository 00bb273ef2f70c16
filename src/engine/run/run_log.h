// What a run says in the log (config/logging.yaml).
#pragma once

#include "base/result.h"
#include "engine/run/run.h"

namespace pixlake::engine {

// Starts the log that the settings' neighbour asks for; nothing for a plan, or settings of no file.
Status StartRunLog(const RunRequest& request);
// That it is over: a line a source and a step, and the run's own; one line for an error.
void LogRun(const RunRequest& request, const Result<RunReport>& report);

}  // namespace pixlake::engine
