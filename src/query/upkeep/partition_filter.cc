#include "query/upkeep/partition_filter.h"

#include <algorithm>
#include <map>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/result/value_format_internal.h"
#include "query/session/open_sql_session.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {
namespace {

// "SELECT i FROM (SELECT i, CAST(c0 AS DATE) AS "date" FROM (VALUES (0, '2026-11-21')) t(i, c0)) WHERE …".
std::string Question(const table::TableDefinition& definition,
                     const std::vector<table::PartitionText>& partitions, const std::string& where) {
  std::string rows;
  for (size_t i = 0; i < partitions.size(); ++i) {
    rows += fmt::format("{}({}", i == 0 ? "" : ", ", i);
    for (const std::string& column : definition.partition_columns) {
      const std::optional<std::string>& value = partitions[i].at(column);
      rows += ", " + (value ? SqlLiteral(*value) : std::string("NULL"));
    }
    rows += ")";
  }
  std::string names = "i";
  std::string casts = "i";
  for (size_t i = 0; i < definition.partition_columns.size(); ++i) {
    const std::string& column = definition.partition_columns[i];
    names += fmt::format(", c{}", i);
    casts += fmt::format(", CAST(c{} AS {}) AS {}", i,
                         DuckDbTypeName(*definition.schema->GetFieldByName(column)->type()), SqlName(column));
  }
  return fmt::format("SELECT CAST(i AS BIGINT) FROM (SELECT {} FROM (VALUES {}) t({})) p WHERE (\n{}\n)",
                     casts, rows, names, where);
}

}  // namespace

Result<std::vector<table::DataFile>> FilesOfPartitions(const session::Session& session,
                                                       const table::Snapshot& snapshot,
                                                       const std::string& where) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(std::vector<table::DataFile> files, snapshot.Files());
  if (where.empty() || files.empty()) return files;
  const table::TableDefinition& definition = snapshot.definition();
  if (definition.partition_columns.empty()) {
    return Error(ErrorCode::kUsage,
                 "a condition chooses partitions, and the table is not partitioned: leave it out");
  }
  std::map<table::PartitionText, size_t> ordinals;
  std::vector<table::PartitionText> partitions;
  for (const table::DataFile& file : files) {
    if (ordinals.emplace(file.partition_values, partitions.size()).second) {
      partitions.push_back(file.partition_values);
    }
  }
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  const Result<std::unique_ptr<QueryResult>> result =
      sql_session->Query(Question(definition, partitions, where));
  if (!result.ok()) {
    return WithContext(result.status(),
                       fmt::format("the condition `{}`, which may name the partition columns "
                                   "({}) alone",
                                   where, fmt::join(definition.partition_columns, ", ")));
  }
  PL_ASSIGN_OR_RETURN(const auto rows, (*result)->ToTable());
  std::vector<bool> chosen(partitions.size(), false);
  for (const auto& chunk : rows->column(0)->chunks()) {
    const auto& ids = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < ids.length(); ++i) chosen[static_cast<size_t>(ids.Value(i))] = true;
  }
  std::erase_if(files,
                [&](const table::DataFile& file) { return !chosen[ordinals.at(file.partition_values)]; });
  return files;
}

}  // namespace pixlake::query
