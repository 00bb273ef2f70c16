// Which tables there are under a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ListedTable {
  std::string path;
  std::string format;
  int64_t version = -1;
  int64_t size_bytes = 0;
  std::optional<int64_t> num_rows;
  std::string problem;  // why it could not be read; empty when it could
};

// Looks through local folders, not following links and not into tables themselves.
// A table or folder that cannot be read is listed with its problem.
Result<std::vector<ListedTable>> ListTables(const Session& session, const std::string& folder);

}  // namespace pixlake::engine
