// Every key of config/settings.yaml.
#pragma once

#include <vector>

#include "settings/key/key.h"

namespace pixlake::settings {

// Kept in a Settings.
const std::vector<Key>& SettingsKeys();

}  // namespace pixlake::settings
