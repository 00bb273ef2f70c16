// What is in force, for people and programs, without what nobody may see.
#pragma once

#include <string>

#include "settings/logging.h"
#include "settings/settings.h"

namespace pixlake::settings {

// Every key with its value, defaults included. What came from the environment, and what a key's name calls
// a secret, is "***"; URIs come without user, password and query.
std::string EffectiveJson(const Settings& settings);
std::string EffectiveYaml(const Settings& settings);
std::string EffectiveJson(const Logging& logging);
std::string EffectiveYaml(const Logging& logging);

// "s3://***@bucket/a", "https://host/a?***".
std::string WithoutSecrets(const std::string& text);

}  // namespace pixlake::settings
