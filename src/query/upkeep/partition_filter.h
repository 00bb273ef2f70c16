// Conditions on partition columns, as SQL.
#pragma once

#include <string>
#include <vector>

#include "session/session.h"

namespace pixlake::query {

// The files of the partitions for which `where` is true ("date_partition >= '2026-11-01'").
// It may name partition columns alone, since files are chosen whole: kUsage otherwise.
// An empty `where` is every file.
Result<std::vector<table::DataFile>> FilesOfPartitions(const session::Session& session,
                                                       const table::Snapshot& snapshot,
                                                       const std::string& where);

}  // namespace pixlake::query
