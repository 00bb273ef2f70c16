// Reading checkpoints (PROTOCOL.md, "Checkpoints"): Parquet files of actions, or
// JSON for the top file of a V2 checkpoint, with their sidecars.
#pragma once

#include "delta/action/actions_internal.h"
#include "delta/log/log_listing_internal.h"

namespace pixlake::delta {

struct CheckpointReadOptions {
  bool removes = false;  // give RemoveFile too (they matter to writers of checkpoints)
};

// Gives every action of the checkpoint to `sink`, sidecars followed. kCorrupt when a
// file is not what the protocol says, with the file's path.
Status ReadCheckpoint(const io::Location& table, const LogCheckpoint& checkpoint,
                      const CheckpointReadOptions& options, const ActionSink& sink);

// The places of the sidecars that it names.
Result<std::vector<std::string>> SidecarsOf(const io::Location& table, const LogCheckpoint& checkpoint);

}  // namespace pixlake::delta
