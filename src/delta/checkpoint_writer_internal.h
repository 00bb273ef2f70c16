// Writing V1 checkpoints (PROTOCOL.md, "Checkpoints" and "V1 Spec").
#pragma once

#include "delta/table_state_internal.h"
#include "io/location.h"

namespace pixlake::delta {

// The commits between two checkpoints: delta.checkpointInterval, 10 by default.
int64_t CheckpointInterval(const Metadata& metadata);

// Writes the classic checkpoint of `version`, then `_last_checkpoint`. Two writers
// of the same one are harmless: both write the same state. A table that asks for
// statistics as structs gets none (kUnsupported).
Status WriteCheckpoint(const io::Location& table, int64_t version);

// The rows of a checkpoint; tombstones older than `expired_before_ms` are left out.
Result<std::shared_ptr<arrow::Table>> CheckpointTable(const TableState& state, int64_t expired_before_ms);

// How long files are kept after they left the table: delta.deletedFileRetentionDuration,
// a week by default. Milliseconds.
int64_t DeletedFileRetention(const Metadata& metadata);

// "interval 1 week", "7 days", "interval 2 hours" in milliseconds; nullopt when it
// cannot be read.
std::optional<int64_t> ParseInterval(std::string_view text);

}  // namespace pixlake::delta
