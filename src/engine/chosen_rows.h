// Which rows of which version: what show, export and cat have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"
#include "table/table.h"

namespace pixlake::engine {

struct RowChoice {
  std::string table;  // path or URI, or a name of the lake
  table::VersionSpec version;
  std::string where;             // SQL condition; empty: any row
  std::vector<std::string> ids;  // beginnings of ids; empty: any
  int64_t limit = 0;             // at most this many rows; 0: all
};

// What stands after FROM for the version: raw.images, delta_scan('/data/t', version := 3).
// kNotFound when there is no such table or version.
Result<std::string> ReferenceAt(const Session& session, const std::string& table,
                                const table::VersionSpec& version);

// " WHERE …", or nothing. kUsage for an id that is none.
Result<std::string> WhereOf(const RowChoice& choice);

// The id in `table` that `id` is or begins; `id` itself when none is. kUsage, naming some, when it
// begins several.
Result<std::string> WholeId(const Session& session, const std::string& table,
                            const table::VersionSpec& version, const std::string& id);

}  // namespace pixlake::engine
