// A table as SQL names it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

// What stands after FROM for a path, a URI or a name of the lake: raw.images,
// delta_scan('/data/it''s'). kNotFound when there is no such table.
Result<std::string> SqlReference(const Session& session, const std::string& table);

// 'it''s': text as SQL has it.
std::string SqlText(std::string_view text);

}  // namespace pixlake::engine
