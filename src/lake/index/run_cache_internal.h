// Runs of tables in object stores, as files of this machine that can be mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/store.h"
#include "lake/index/id_run_internal.h"

namespace pixlake::lake {

// Opens a run of any store; `size` as it was listed. Of a remote one the file that is kept here under the
// SHA-256 of its URI ($XDG_CACHE_HOME/pixlake/ids, ~/.cache/pixlake/ids), got when it is not there: runs are
// immutable and no two have one name. Errors as IdRun::Open, and kNotFound when it is gone.
Result<std::shared_ptr<IdRun>> OpenRun(io::Store* store, const std::string& path, int64_t size);

// A new file's path for a run that is written, or sorted, before it is sent.
Result<std::string> NewRunFile(const char* ending);

// Sends a run that was written to `file`, which becomes the one that is kept.
Result<std::shared_ptr<IdRun>> SendRun(io::Store* store, const std::string& file, const std::string& path);

}  // namespace pixlake::lake
