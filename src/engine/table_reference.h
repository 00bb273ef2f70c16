// A table as SQL names it.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace pixlake::engine {

// What stands after FROM for a path, a URI or a name of the lake: raw.images,
// delta_scan('/data/it''s'). kNotFound when there is no such table.
Result<std::string> SqlReference(const Engine& engine, const std::string& table);

}  // namespace pixlake::engine
