#include "query/session/sql_reference.h"

#include "base/sql_text.h"

namespace pixlake::query {

Result<std::string> SqlReference(const session::Session& session, const std::string& table) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  if (session.has_lake() && catalog::ParseTableName(table)) return table;
  return std::string(opened->format()) + "_scan(" + SqlLiteral(opened->location().path) + ")";
}

}  // namespace pixlake::query
