// Image bytes on their way out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

// The content id: SHA-256 as `sha256sum` prints it.
std::string ContentId(std::string_view bytes);

// RFC 4648, with padding.
std::string Base64(std::string_view bytes);

// A local path given with --output. New and ordinary files are to be written beside
// their place and renamed; `direct` ones (devices, pipes) are written as they are.
// Links are followed.
struct OutputTarget {
  std::string path;
  bool direct = false;
  int mode = -1;  // permissions of the file that is there; -1: none is
};
Result<OutputTarget> ResolveOutput(const Session& session, const std::string& uri);

// Gives the finished file `fresh` the target's permissions and name.
Status ReplaceOutput(const std::string& fresh, const OutputTarget& target);

// Writes a file atomically, replacing one that is there; into a device or pipe as it is, and
// for "-" to the session's output.
Status WriteOutputFile(const Session& session, const std::string& uri, std::string_view bytes);

}  // namespace pixlake::engine
