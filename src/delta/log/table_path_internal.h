// Paths as logs write them (RFC 2396, percent-encoded, relative or absolute) to
// paths as the store takes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/location.h"

namespace pixlake::delta {

// The decoded path by which a file is known: two spellings of one file are equal.
// Never fails: what cannot be decoded stays as it is.
std::string CanonicalPath(std::string_view log_path);

// Where the file is. kCorrupt for a path that cannot be decoded, holds a NUL, or
// climbs out of the table's folder; kUnsupported for a scheme of another store.
Result<std::string> ResolvePath(const io::Location& table, std::string_view log_path);

// A sidecar's path: its name in `_delta_log/_sidecars`, or a full one.
Result<std::string> SidecarPath(const io::Location& table, std::string_view log_path);

// What stands behind the last slash.
std::string FileName(const std::string& path);

}  // namespace pixlake::delta
