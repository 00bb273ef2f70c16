// Where an exported content goes, from where it was met.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake::engine {

// The folder that all of the sorted uris between `first` and `last` have in common, with
// a slash at its end: "file:///photos/2024/".
std::string CommonFolder(std::string_view first, std::string_view last);

// "file:///photos/a%20b.jpg" under "file:///photos/" -> "a b.jpg"; a member
// "…/shard.tar#dir/c.jpg" -> "shard.tar/dir/c.jpg". What would lead out of the target
// ("..", an absolute member, an empty name) becomes "_".
Result<std::string> RelativeNameOf(std::string_view uri, std::string_view root);

}  // namespace pixlake::engine
