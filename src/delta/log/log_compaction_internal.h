// Writing log compaction files (PROTOCOL.md, "Log Compaction Files").
#pragma once

#include "delta/log/log_listing_internal.h"
#include "table/upkeep.h"

namespace pixlake::delta {

// Puts the commits from `first` to `last` (both included, at least two) together in one
// file: of each file, transaction and domain what the last of them says. nullopt: from the
// commit after the newest checkpoint, to the latest. Readers take it in their place. kUsage
// when there are fewer than two commits; kCorrupt when one is missing.
Result<table::LogCompactionReport> CompactLog(const io::Location& table, std::optional<int64_t> first,
                                              std::optional<int64_t> last);

// What a compacted file of these commits has to hold, a line an action.
Result<std::string> CompactedBytes(const io::Location& table, const std::vector<io::ObjectInfo>& commits,
                                   int64_t* actions);

}  // namespace pixlake::delta
