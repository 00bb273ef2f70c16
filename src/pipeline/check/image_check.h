// What the settings' checks ask of each image, as SQL.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace pixlake::pipeline {

struct ImageCheck {
  std::string name;
  std::string severity;  // "warn", "drop", "quarantine", "stop"
  // Over the columns of `image` (step/lake_steps.cc): true, false, or null where it does not apply. What
  // pixels are like is known of images that can be decoded.
  std::string condition;
  std::string value;          // of SQL, a text: what was found
  std::string expected;       // in words
  bool needs_places = false;  // `places`: at how many places the content is now
};

// Those of the settings that are asked of images and are on, in their order.
std::vector<ImageCheck> ImageChecksOf(const settings::Settings& settings);

}  // namespace pixlake::pipeline
