// A local file being written.
#pragma once

#include <memory>
#include <string>

#include "io/local_store.h"
#include "io/store.h"

namespace pixlake::io {

// Writes to a hidden temporary name beside `path`; Close() syncs and renames
// without overwriting. Writes under 256 KiB are gathered, larger ones go straight.
Result<std::unique_ptr<OutputFile>> CreateLocalFile(const std::string& path, const LocalOptions& options);

// Makes the entries of a folder durable.
Status SyncFolder(const std::string& folder);

std::string ParentOf(const std::string& path);

// ".<name>.<uuid>.tmp" in the folder of `path`.
std::string TemporaryBeside(const std::string& path);

// Gives `temporary` the name `path` unless that exists (kAlreadyExists). The
// temporary name is gone afterwards in either case.
Status PublishWithoutOverwrite(const std::string& temporary, const std::string& path);

}  // namespace pixlake::io
