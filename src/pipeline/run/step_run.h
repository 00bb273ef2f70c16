// One step, from the versions of its inputs to a commit of its output.
#pragma once

#include <optional>

#include "base/result.h"
#include "catalog/lake.h"
#include "table/transaction.h"

#include "pipeline/run/run.h"

namespace pixlake::pipeline {

// A run, whatever step it is at.
struct RunScope {
  int64_t now_us = 0;                      // when it began
  std::optional<table::LeaseEpoch> lease;  // that its commits are made under
};

// Once; what may be tried again is the caller's.
Result<StepReport> RunStep(const session::Session& session, const catalog::Lake& lake, const Step& step,
                           const RunOptions& options, const RunScope& scope);

// The first words that step.stops gives for its output as it is; empty: none, the run goes on.
Result<std::string> WhyStop(const session::Session& session, const catalog::Lake& lake, const Step& step);

}  // namespace pixlake::pipeline
