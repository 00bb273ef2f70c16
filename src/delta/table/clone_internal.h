// Shallow clones: tables that name another's files.
#pragma once

#include "delta/snapshot/snapshot_internal.h"

namespace pixlake::delta {

// Version 0 of the clone, with the source's definition under an id of its own, and every
// file and deletion vector by its full place. kUnsupported when the clone is in another store
// or the source may not be written to; kAlreadyExists when there is a table.
Status CommitClone(const io::Location& location, const DeltaSnapshot& source);

}  // namespace pixlake::delta
