// What a check may ask: every kind with its parameters.
#pragma once

#include <vector>

#include "settings/key/key.h"

namespace pixlake::settings {

// Their keys are kept in a Check's `parameters`.
const std::vector<Kind>& CheckKinds();

}  // namespace pixlake::settings
