// Deleting files that no version needs any more.
#pragma once

#include <string>

#include "session/session.h"

namespace pixlake::query {

// As table::Table::Vacuum. kUsage for a table of a lake in which an interrupted ingest has
// a batch to commit yet: its files are in no version and would be lost.
Result<table::VacuumReport> Vacuum(const session::Session& session, const std::string& table,
                                   const table::VacuumRequest& request);

}  // namespace pixlake::query
