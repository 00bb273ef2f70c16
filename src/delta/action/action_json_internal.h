// Actions to and from the newline-delimited JSON of commit files (PROTOCOL.md,
// "Delta Log Entries").
#pragma once

#include <string>

#include "delta/action/actions_internal.h"

namespace pixlake::delta {

// Gives every known action of a commit file to `sink`, in the file's order; unknown
// actions and fields are ignored. kCorrupt names `file` and the line. What the sink
// fails with is returned as it is.
Status ParseActions(std::string bytes, const std::string& file, const ActionSink& sink);

// The first commitInfo in a commit file, without parsing what follows it.
Result<std::optional<CommitInfo>> FindCommitInfo(std::string bytes, const std::string& file);

// One line, without the newline.
std::string ActionToJson(const Action& action);

}  // namespace pixlake::delta
