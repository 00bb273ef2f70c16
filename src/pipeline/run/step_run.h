// One step, from the versions of its inputs to a commit of its output.
#pragma once

#include "base/result.h"
#include "catalog/lake.h"

#include "pipeline/run/run.h"

namespace pixlake::pipeline {

// Once; what may be tried again is the caller's. `now_us`: when the run began.
Result<StepReport> RunStep(const session::Session& session, const catalog::Lake& lake, const Step& step,
                           const RunOptions& options, int64_t now_us);

// The first words that step.stops gives for its output as it is; empty: none, the run goes on.
Result<std::string> WhyStop(const session::Session& session, const catalog::Lake& lake, const Step& step);

}  // namespace pixlake::pipeline
