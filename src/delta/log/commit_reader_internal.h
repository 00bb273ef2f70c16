// Many commits of a log, read at once.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "delta/action/actions_internal.h"
#include "io/location.h"

namespace pixlake::delta {

struct CommitActions {
  std::vector<Action> actions;  // in the file's order, without the commitInfo
  std::optional<CommitInfo> info;
};

// Reads and parses the files on several threads and gives them to `take` one by one, in the
// order they are given in, on the calling thread. What waits for its turn is bounded by the
// files' bytes. The first error in that order ends it; kCancelled on an interrupt.
Status ReadCommits(const io::Location& table, const std::vector<io::ObjectInfo>& files,
                   const std::function<Status(const io::ObjectInfo&, CommitActions)>& take);

// Calls `body(i)` for every i below `count`, on up to `threads` threads, this one included.
// The status of the lowest i that failed; after a failure no new one is begun.
Status ForEachParallel(size_t count, size_t threads, const std::function<Status(size_t)>& body);

// How many threads a loop over `count` small pieces of work deserves.
size_t ThreadsFor(size_t count, size_t each);

}  // namespace pixlake::delta
