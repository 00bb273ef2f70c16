// The local file system as a store.
#pragma once

#include <memory>
#include <string>

#include "io/store.h"

namespace pixlake::io {

struct LocalOptions {
  // fsync files and folders before success is reported (`--no-sync` turns it off).
  bool sync = true;
};

// Put-if-absent writes a temporary file beside the target and link()s it, so a
// crash leaves at most an unreferenced hidden file; where links are not to be
// had, renameat2(RENAME_NOREPLACE).
std::unique_ptr<Store> MakeLocalStore(LocalOptions options = {});

// Creates a folder and its parents, durably when `sync`; no error when it is there.
Status MakeLocalFolders(const std::string& folder, bool sync = false);

}  // namespace pixlake::io
