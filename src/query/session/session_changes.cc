#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/session/session_changes_internal.h"
#include "query/text/sql_cursor.h"

namespace pixlake::query {
namespace {

// Settings that leave the meaning of every condition as it is.
constexpr std::array<std::string_view, 12> kHarmless = {
    "threads",
    "worker_threads",
    "memory_limit",
    "max_memory",
    "temp_directory",
    "max_temp_directory_size",
    "preserve_insertion_order",
    "enable_progress_bar",
    "default_order",
    "default_null_order",
    "null_order",
    "scalar_subquery_error_on_multiple_rows",
};

bool IsHarmlessSetting(const SqlStatement& statement) {
  SqlCursor cursor(statement);
  if (!cursor.TakeWords("SET") && !cursor.TakeWords("RESET")) return false;
  if (cursor.TakeWords("VARIABLE")) return true;
  (void)(cursor.TakeWords("GLOBAL") || cursor.TakeWords("SESSION") || cursor.TakeWords("LOCAL"));
  const auto name = cursor.TakeName("a setting");
  return name.ok() && std::find(kHarmless.begin(), kHarmless.end(), LowerCase(*name)) != kHarmless.end();
}

// Macros and types may stand for functions and for types of literals.
bool MakesNames(const SqlStatement& statement) {
  return std::any_of(statement.tokens.begin(), statement.tokens.end(), [](const SqlToken& token) {
    return token.IsWord("MACRO") || token.IsWord("FUNCTION") || token.IsWord("TYPE") ||
           token.IsWord("COLLATION");
  });
}

}  // namespace

void SessionChanges::Note(const std::string& sql, duckdb_statement_type type) {
  switch (type) {
    case DUCKDB_STATEMENT_TYPE_SELECT:
    case DUCKDB_STATEMENT_TYPE_EXPLAIN:
    case DUCKDB_STATEMENT_TYPE_TRANSACTION:
      return;
    default:
      break;
  }
  const auto statements = SplitStatements(sql);
  if (!statements.ok() || statements->size() != 1) {
    conditions_hold_ = false;
    return;
  }
  const SqlStatement& statement = statements->front();
  switch (type) {
    case DUCKDB_STATEMENT_TYPE_SET:
    case DUCKDB_STATEMENT_TYPE_VARIABLE_SET:
      conditions_hold_ &= IsHarmlessSetting(statement);
      break;
    case DUCKDB_STATEMENT_TYPE_CREATE:
    case DUCKDB_STATEMENT_TYPE_DROP:
    case DUCKDB_STATEMENT_TYPE_ALTER:
    case DUCKDB_STATEMENT_TYPE_INSERT:
    case DUCKDB_STATEMENT_TYPE_UPDATE:
    case DUCKDB_STATEMENT_TYPE_DELETE:
    case DUCKDB_STATEMENT_TYPE_COPY:
      made_something_ = true;
      conditions_hold_ &= !MakesNames(statement);
      break;
    default:
      conditions_hold_ = false;
  }
}

bool SessionChanges::MayHide(duckdb_connection connection, const ScanMention& mention) const {
  if (!made_something_) return false;
  // The views of the lake's tables are ours, and nothing but a scan.
  const std::string ours =
      fmt::format("CREATE VIEW % AS SELECT * FROM table_scan({});", SqlLiteral(mention.uri));
  const std::string sql = fmt::format(
      "SELECT name FROM (SELECT table_name AS name, '' AS sql FROM duckdb_tables() UNION ALL "
      "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal) "
      "WHERE lower(name) = lower({}) AND NOT sql LIKE {} LIMIT 1",
      SqlLiteral(mention.name), SqlLiteral(ours));
  OwnedResult result;
  if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) return true;
  const DataChunk chunk(duckdb_fetch_chunk(*result.get()));
  return chunk.get() != nullptr && duckdb_data_chunk_get_size(chunk.get()) > 0;
}

}  // namespace pixlake::query
