// Writing checkpoints (PROTOCOL.md, "Checkpoints", "V1 Spec" and "V2 Spec").
#pragma once

#include <functional>

#include "delta/snapshot/table_state_internal.h"
#include "io/location.h"

namespace pixlake::delta {

// The commits between two checkpoints: delta.checkpointInterval, 10 by default.
int64_t CheckpointInterval(const Metadata& metadata);

// Writes a checkpoint of `version`, then `_last_checkpoint`, then cleans up the log as far as
// its retention allows (what fails there fails nothing). With feature v2Checkpoint and
// delta.checkpointPolicy = v2 a V2 checkpoint named by a UUID, its files in sidecars; else
// the classic one. Two writers of the same one are harmless: both write the same state. A
// table that asks for statistics as structs gets none (kUnsupported).
Status WriteCheckpoint(const io::Location& table, int64_t version);

// Makes `_last_checkpoint` name the newest checkpoint that can be read, or removes it when
// there is none. What it is made of may not be known: then it says the version alone.
Status RewriteLastCheckpoint(const io::Location& table);

// The rows of a V1 checkpoint; tombstones older than `expired_before_ms` are left out.
Result<std::shared_ptr<arrow::Table>> CheckpointTable(const TableState& state, int64_t expired_before_ms);

// The same files and tombstones as tables for sidecars, each of at most `max_rows` rows.
Status ForEachSidecarTable(const TableState& state, int64_t expired_before_ms, int64_t max_rows,
                           const std::function<Status(const arrow::Table&)>& body);

// The rows of the V2 checkpoint that names these sidecars.
Result<std::shared_ptr<arrow::Table>> TopTable(const TableState& state, const std::vector<Sidecar>& sidecars);

// How long files are kept after they left the table: delta.deletedFileRetentionDuration,
// a week by default. Milliseconds; nullopt when it says what we do not understand.
std::optional<int64_t> DeletedFileRetention(const Metadata& metadata);

// "interval 1 week", "7 days", "interval 2 hours" in milliseconds; nullopt when it
// cannot be read.
std::optional<int64_t> ParseInterval(std::string_view text);

}  // namespace pixlake::delta
