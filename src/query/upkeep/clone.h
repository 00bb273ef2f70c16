// Shallow clones of tables.
#pragma once

#include <cstdint>
#include <string>

#include "session/session.h"

namespace pixlake::query {

struct CloneReport {
  std::string path;
  std::string source;
  int64_t source_version = 0;
  int64_t files = 0;
  int64_t bytes = 0;
};

// A table at `target` that names the files of `source` at a version, in its format. See
// table::TableFormat::CloneShallow.
Result<CloneReport> CloneShallow(const session::Session& session, const table::TableReference& source,
                                 const std::string& target);

}  // namespace pixlake::query
