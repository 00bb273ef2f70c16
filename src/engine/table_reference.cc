#include "engine/table_reference.h"

namespace pixlake::engine {

Result<std::string> SqlReference(const Session& session, const std::string& table) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  if (session.has_lake() && catalog::ParseTableName(table)) return table;
  return std::string(opened->format()) + "_scan(" + SqlText(opened->location().path) + ")";
}

std::string SqlText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace pixlake::engine
