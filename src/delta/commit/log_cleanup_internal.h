// Old log files that no version within the log's retention needs (PROTOCOL.md, "Metadata
// Cleanup").
#pragma once

#include "delta/snapshot/table_state_internal.h"
#include "io/location.h"

namespace pixlake::delta {

// How long versions can be travelled to: delta.logRetentionDuration, 30 days by default.
// Milliseconds.
std::optional<int64_t> LogRetention(const Metadata& metadata);

// Deletes commits, checkpoints, checksums and compacted commits before the newest sound
// checkpoint that is not newer than the newest commit of before the retention (to midnight
// UTC), and sidecars of no checkpoint that are older than a day. Nothing when
// delta.enableExpiredLogCleanup is false, or when checkpointProtection forbids it. The
// oldest go first: interrupted, every version that is left to travel to still can be.
// Returns how many files went.
Result<int64_t> CleanUpLog(const io::Location& table, const Protocol& protocol, const Metadata& metadata,
                           int64_t now_ms);

}  // namespace pixlake::delta
