// CREATE TABLE and ALTER TABLE, by themselves.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::query {

struct SchemaChangeReport {
  std::string path;
  int64_t version = 0;
};

// Runs one CREATE TABLE or ALTER TABLE in a session of its own. kUsage for anything else.
Result<SchemaChangeReport> ChangeSchema(const session::Session& session, const std::string& sql);

}  // namespace pixlake::query
