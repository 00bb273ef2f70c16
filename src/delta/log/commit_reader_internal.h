// Many commits of a log, read at once.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/work/executor.h"
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

// How many threads a loop over `count` small pieces of work deserves.
size_t ThreadsFor(size_t count, size_t each);

// Who reads `count` small files of the table at once: of a local one it is the parsing that takes
// time, a store far away answers slowly however fast we parse.
struct ReadersFor {
  WorkKind kind;
  size_t at_once;
};
ReadersFor ReadersOf(const io::Location& table, size_t count, size_t each);

}  // namespace pixlake::delta
