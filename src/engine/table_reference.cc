#include "engine/table_reference.h"

namespace pixlake::engine {

Result<std::string> SqlReference(const Engine& engine, const std::string& table) {
  PL_ASSIGN_OR_RETURN(const auto opened, engine.OpenTable(table));
  if (engine.has_lake() && catalog::ParseTableName(table)) return table;
  return std::string(opened->format()) + "_scan(" + SqlText(opened->location().path) + ")";
}

std::string SqlText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace pixlake::engine
