// A table as SQL names it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::query {

// What stands after FROM for a path, a URI or a name of the lake: raw.images,
// delta_scan('/data/it''s'). kNotFound when there is no such table.
Result<std::string> SqlReference(const session::Session& session, const std::string& table);

}  // namespace pixlake::query
