// The JSON that services answer with.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace pixlake::io {

using Json = nlohmann::json;

// The string `object` has under `name`; empty where there is none.
inline std::string Text(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string()
             ? object[name].get<std::string>()
             : std::string();
}

}  // namespace pixlake::io
