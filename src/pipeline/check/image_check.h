// What the settings' checks ask of each image, as SQL.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

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

// Those of the settings that are on, in their order. kUnsupported, with the place in the settings, for those
// of other tables than images and for kinds that ask for all rows at once: nothing is passed over. kUsage for
// SQL of more than one statement.
Result<std::vector<ImageCheck>> ImageChecksOf(const settings::Settings& settings);

}  // namespace pixlake::pipeline
