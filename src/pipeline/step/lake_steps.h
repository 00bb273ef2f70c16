// The steps that every lake has, from its raw tables to what an analyst asks.
#pragma once

#include <string>
#include <vector>

#include "pipeline/step/step.h"

namespace pixlake::pipeline {

// What `validated` asks of an image, as SQL over the columns of `image` (see lake_steps.cc): true, false, or
// null where it does not apply.
struct ImageCheck {
  std::string name;
  std::string severity;   // "warn", "drop", "quarantine", "stop"
  std::string condition;  // of SQL
  std::string value;      // of SQL: what was found, as a text
  std::string expected;   // in words
};

// features, validated, enriched, analytics, ml_ready, reporting.
std::vector<Step> LakeSteps(const std::vector<ImageCheck>& checks);

}  // namespace pixlake::pipeline
