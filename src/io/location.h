// From what a person types to a store and a path.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/local_store.h"
#include "io/store.h"

namespace pixlake::io {

// A place in a store: "/data/t", "file:///data/t", "t" (relative to the working
// folder). `path` is absolute without a trailing slash.
struct Location {
  std::shared_ptr<Store> store;
  std::string path;

  std::string Child(std::string_view name) const { return JoinPath(path, name); }
};

// kUnsupported for a scheme no store is registered for, naming those that are.
Result<Location> Locate(const std::string& uri, LocalOptions options = {});

// "%20" -> ' ' and back, as Delta logs write paths (RFC 3986; '/' and '=' stay).
Result<std::string> PercentDecode(std::string_view text);
std::string PercentEncodePath(std::string_view path);

}  // namespace pixlake::io
