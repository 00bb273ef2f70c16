#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/statement/statement.h"

namespace pixlake::query {

Result<bool> IsSessionTable(const StatementContext& context, const std::string& name) {
  if (name.find_first_of("/.:") != std::string::npos) return false;
  PL_ASSIGN_OR_RETURN(
      const auto result,
      context.sql_session.Query(fmt::format(
          "SELECT table_name FROM duckdb_tables() WHERE lower(table_name) = lower({})", SqlLiteral(name))));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(result->ReadNext(&batch));
  return batch != nullptr && batch->num_rows() > 0;
}

Result<bool> IsOwnOfLake(const StatementContext& context, const io::Location& place) {
  if (context.session.has_lake()) {
    // Its zones may be elsewhere.
    const auto lake = context.session.OpenLake();
    for (const catalog::TableName& own : catalog::OwnTables()) {
      if (lake.ok() && lake->TablePlace(own).path == place.path) return true;
    }
  }
  for (const catalog::TableName& own : catalog::OwnTables()) {
    const std::string tail = "/" + own.zone + "/" + own.name;
    if (!place.path.ends_with(tail)) continue;
    const io::Location lake{place.store, place.path.substr(0, place.path.size() - tail.size())};
    PL_ASSIGN_OR_RETURN(const bool there, catalog::Lake::Detect(lake));
    if (there) return true;
  }
  return false;
}

Status Refresh(const StatementContext& context, const std::string& name) {
  const auto named = catalog::ParseTableName(name);
  if (!context.session.has_lake() || !named) return Status::OK();
  return context.sql_session.Name({named->zone, named->name, "table_scan"});
}

}  // namespace pixlake::query
