// Every key of config/logging.yaml.
#pragma once

#include <vector>

#include "settings/key/key.h"

namespace pixlake::settings {

// Kept in a Logging.
const std::vector<Key>& LoggingKeys();

}  // namespace pixlake::settings
