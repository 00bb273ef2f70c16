// Steps that somebody wrote into the settings.
#pragma once

#include <vector>

#include "base/result.h"
#include "kernel/registry.h"

#include "pipeline/step/step.h"
#include "settings/settings.h"

namespace pixlake::pipeline {

// `steps` with those of the settings: own ones added, those that are said of a step there is switched off or
// given other parameters. kUsage, with the place in the settings, for names of tables, kernels and
// parameters that are none.
Result<std::vector<Step>> WithOwnSteps(std::vector<Step> steps, const settings::Settings& settings,
                                       const kernel::KernelRegistry& kernels);

}  // namespace pixlake::pipeline
