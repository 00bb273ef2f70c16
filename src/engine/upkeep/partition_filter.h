// Conditions on partition columns, as SQL.
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace pixlake::engine {

// The files of the partitions for which `where` is true ("date_partition >= '2026-11-01'").
// It may name partition columns alone, since files are chosen whole: kUsage otherwise.
// An empty `where` is every file.
Result<std::vector<table::DataFile>> FilesOfPartitions(const Session& session,
                                                       const table::Snapshot& snapshot,
                                                       const std::string& where);

}  // namespace pixlake::engine
