// Shallow clones of tables.
#pragma once

#include <cstdint>
#include <string>

#include "engine/session.h"

namespace pixlake::engine {

struct CloneReport {
  std::string path;
  std::string source;
  int64_t source_version = 0;
  int64_t files = 0;
  int64_t bytes = 0;
};

// A table at `target` that names the files of `source` at a version, in its format. See
// table::TableFormat::CloneShallow.
Result<CloneReport> CloneShallow(const Session& session, const table::TableReference& source,
                                 const std::string& target);

}  // namespace pixlake::engine
