// The local file system as a store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/store.h"

namespace pixlake::io {

struct LocalOptions {
  // fsync files and folders before success is reported (`--no-sync` turns it off).
  bool sync = true;
  // Files are written in blocks of this many bytes, of which each file that is written has up to
  // three: a power of two from 64 KiB on.
  int64_t block_bytes = int64_t{4} << 20;
};

// Put-if-absent writes a temporary file beside the target and link()s it, so a
// crash leaves at most an unreferenced hidden file; where links are not to be
// had, renameat2(RENAME_NOREPLACE).
std::unique_ptr<Store> MakeLocalStore(LocalOptions options = {});

// Creates a folder and its parents, durably when `sync`; no error when it is there.
Status MakeLocalFolders(const std::string& folder, bool sync = false);

}  // namespace pixlake::io
