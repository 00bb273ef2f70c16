// Tables looked after: files packed, rows in Z-order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "session/session.h"
#include "table/rewrite/rewrite.h"

namespace pixlake::query {

struct OptimizeRequest {
  std::string table;
  std::string where;  // SQL over partition columns; empty: every partition
  std::optional<int64_t> target_file_bytes;
  bool full = false;                   // of a clustered table every file, not only new ones
  bool purge = false;                  // only files that have deleted rows, which go for good
  std::vector<std::string> zorder_by;  // empty: files are packed, rows stay in their order
};

// Within the session's memory and threads; see table::Compact and table::ZOrder. A table with
// clustering columns is arranged by these (kUsage with `zorder_by`): files that are not yet,
// and with them those that are small.
Result<table::RewriteReport> Optimize(const session::Session& session, const OptimizeRequest& request);

}  // namespace pixlake::query
