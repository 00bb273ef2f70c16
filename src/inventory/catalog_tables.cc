#include "inventory/catalog_tables.h"

#include <string>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "query/change/change.h"
#include "query/session/open_sql_session.h"

#include "inventory/inventory.h"
#include "inventory/schema_history.h"

namespace pixlake::inventory {
namespace {

constexpr char kRowsTxn[] = "pixlake/catalog/rows";  // stands for the rows that a table of the catalog has

std::string ListOf(const std::vector<std::string>& texts) {
  std::vector<std::string> literals;
  for (const std::string& text : texts) literals.push_back(SqlLiteral(text));
  return fmt::format("CAST([{}] AS VARCHAR[])", fmt::join(literals, ", "));
}

std::string TimeOf(int64_t millis) {
  return fmt::format("CAST({} AS TIMESTAMPTZ)", SqlLiteral(FormatTimestamp(millis)));
}

std::string NumberOf(const std::optional<int64_t>& number) {
  return number ? fmt::format("{}::BIGINT", *number) : "NULL::BIGINT";
}

std::string TableRow(const TableEntry& entry) {
  return fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})", SqlLiteral(entry.name),
                     SqlLiteral(entry.zone), SqlLiteral(entry.owner), SqlLiteral(entry.description),
                     ListOf(entry.tags), SqlLiteral(entry.compatibility), SqlLiteral(entry.format),
                     SqlLiteral(entry.place), NumberOf(entry.version), NumberOf(entry.rows),
                     NumberOf(entry.files), NumberOf(entry.bytes), ListOf(entry.partition_columns),
                     TimeOf(entry.updated_ms),
                     entry.problem.empty() ? "NULL::VARCHAR" : SqlLiteral(entry.problem));
}

struct Rows {
  catalog::TableName table;
  const char* columns;
  std::vector<std::string> values;
};

Result<bool> Write(const session::Session& session, const catalog::Lake& lake, query::SqlSession* sql,
                   const Rows& rows) {
  const std::string select =
      fmt::format("SELECT * FROM (VALUES {}) AS r({})", fmt::join(rows.values, ", "), rows.columns);
  const auto stands_for = static_cast<int64_t>(XXH3_64bits(select.data(), select.size()) >> 1);
  const io::Location place = lake.TablePlace(rows.table);
  table::TableFormat* const format = session.new_table_format();
  PL_ASSIGN_OR_RETURN(const bool there, format->Detect(place));
  if (!there) {
    table::TableDefinition definition;
    definition.name = rows.table.text();
    definition.description = "What the lake's tables are, as of its last refresh";
    PL_ASSIGN_OR_RETURN(const auto none, sql->Query(select + " LIMIT 0"));
    definition.schema = none->schema();
    const auto made = format->Create(place, definition);
    if (!made.ok() && CodeOf(made.status()) != ErrorCode::kAlreadyExists) return made.status();
  }
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenToChange(place.path));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  if (snapshot->TxnVersion(kRowsTxn) == stands_for) return false;
  query::InsertStatement insert;
  insert.target = {place.path, "target"};
  insert.by_name = true;
  insert.mode = query::InsertStatement::Mode::kOverwrite;
  insert.query = select;
  query::ChangeOptions change;
  change.memory_bytes = session.Plan(Work::kSql).writers;
  change.operation = "CATALOG";
  change.noted_txns = {{kRowsTxn, stands_for}};
  PL_RETURN_NOT_OK(
      query::RunChange(sql, table.get(), std::string(table->format()) + "_scan", insert, change).status());
  return true;
}

}  // namespace

Result<int64_t> RefreshCatalog(const session::Session& session) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto entries, TakeInventory(session));
  Rows tables{
      {"catalog", "tables"},
      "table_name, zone, owner, description, tags, compatibility, format, place, version, rows, files, "
      "bytes, partition_columns, updated_at, problem",
      {}};
  Rows columns{
      {"catalog", "columns"}, "table_name, position, column_name, type, nullable, description, tags", {}};
  Rows schemas{{"catalog", "schemas"},
               "table_name, schema_version, table_version, changed_at, operation, columns, rule, breaks",
               {}};
  for (const TableEntry& entry : entries) {
    if (entry.zone == "catalog") continue;
    tables.values.push_back(TableRow(entry));
    for (size_t i = 0; i < entry.columns.size(); ++i) {
      const ColumnEntry& column = entry.columns[i];
      columns.values.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {})", SqlLiteral(entry.name), i,
                                           SqlLiteral(column.name), SqlLiteral(column.type), column.nullable,
                                           SqlLiteral(column.description), ListOf(column.tags)));
    }
    if (!entry.problem.empty()) continue;
    PL_ASSIGN_OR_RETURN(const auto versions, SchemaHistory(session, entry.place));
    for (const SchemaVersion& version : versions) {
      schemas.values.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, {})", SqlLiteral(entry.name),
                                           version.number, version.table_version, TimeOf(version.at_ms),
                                           SqlLiteral(version.operation), ListOf(version.columns),
                                           SqlLiteral(version.rule), ListOf(version.breaks)));
    }
  }
  PL_ASSIGN_OR_RETURN(const auto sql, query::OpenSqlSession(session, Work::kSql));
  int64_t written = 0;
  for (const Rows* rows : {&tables, &columns, &schemas}) {
    if (rows->values.empty()) continue;
    PL_ASSIGN_OR_RETURN(const bool wrote, Write(session, lake, sql.get(), *rows));
    written += wrote ? 1 : 0;
  }
  return written;
}

}  // namespace pixlake::inventory
