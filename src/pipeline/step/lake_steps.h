// The steps that every lake has, from its raw tables to what an analyst asks.
#pragma once

#include <string>
#include <vector>

#include "pipeline/check/checks.h"
#include "pipeline/step/step.h"

namespace pixlake::pipeline {

// features, sidecars, validated (which asks `checks`), enriched, analytics, ml_ready, reporting.
std::vector<Step> LakeSteps(const std::vector<ImageCheck>& checks);

}  // namespace pixlake::pipeline
