// The inventory as tables of the lake: catalog.tables, catalog.columns and catalog.schemas.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::inventory {

// Brings them up to date, one commit for each that has other rows than before; how many were committed to. An
// inventory of the catalog's own tables is not in them: each refresh would change it.
Result<int64_t> RefreshCatalog(const session::Session& session);

}  // namespace pixlake::inventory
