#include "engine/table_reference.h"

namespace pixlake::engine {

Result<std::string> SqlReference(const Engine& engine, const std::string& table) {
  PL_ASSIGN_OR_RETURN(const auto opened, engine.OpenTable(table));
  if (engine.has_lake() && catalog::ParseTableName(table)) return table;
  std::string quoted;
  for (const char c : opened->location().path) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return std::string(opened->format()) + "_scan('" + quoted + "')";
}

}  // namespace pixlake::engine
