// Image bytes on their way out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace pixlake::engine {

// The content id: SHA-256 as `sha256sum` prints it.
std::string ContentId(std::string_view bytes);

// RFC 4648, with padding.
std::string Base64(std::string_view bytes);

// Writes a file atomically, replacing one that is there.
Status WriteOutputFile(const Engine& engine, const std::string& uri, std::string_view bytes);

}  // namespace pixlake::engine
