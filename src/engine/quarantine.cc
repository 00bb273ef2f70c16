#include "engine/quarantine.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "catalog/later_columns.h"
#include "engine/sql.h"
#include "image/verdict.h"
#include "ingest/source/row_source.h"
#include "lake/scratch.h"
#include "query/session/open_sql_session.h"
#include "query/statement/statement.h"

namespace pixlake::engine {
namespace {

// Images that checks put here (pipeline/check/check_quarantine.h): all of them, whatever the check.
constexpr std::string_view kOfChecks = "check";

Result<std::string> Condition(const QuarantineFilter& filter) {
  std::string condition = "true";
  if (filter.verdict == kOfChecks) {
    condition += " AND starts_with(verdict, 'check:')";
  } else if (!filter.verdict.empty()) {
    if (!image::VerdictFromName(filter.verdict) && !filter.verdict.starts_with("check:")) {
      return Error(ErrorCode::kUsage, fmt::format("--verdict {}: there is no such verdict", filter.verdict));
    }
    condition += fmt::format(" AND verdict = {}", SqlLiteral(filter.verdict));
  }
  if (!filter.where.empty()) condition += fmt::format(" AND ({}\n)", filter.where);
  return condition;
}

// Places that are or were in quarantine, each as it is now. Bound to what raw.quarantine names,
// so that the cost is not that of all places there are.
// `column` is SourcesTableColumn's, quoted.
std::string LatestPlaces(const std::string& column) {
  return fmt::format(
      "(SELECT * FROM raw.sources WHERE uri IN (SELECT source FROM raw.quarantine WHERE id IS NULL) OR uri "
      "IN "
      "(SELECT uri FROM raw.sources WHERE {} = 'raw.quarantine' AND id IN (SELECT id FROM "
      "raw.quarantine)) "
      "QUALIFY row_number() OVER (PARTITION BY uri ORDER BY last_seen DESC, coalesce(gone, false)) = 1)",
      column);
}

// Rows of raw.quarantine that are no longer true: a content that is an image by now; one that is
// at none of the places it was met at, all of which have others; why a place could not be had that
// has been since, is gone, or has a newer reason. What checks put here is an image, and no longer true when
// it is none any more; that it passes by now the run has seen that asked.
std::string Settled(const std::string& column) {
  return fmt::format(
      "CASE WHEN starts_with(verdict, 'check:') THEN id NOT IN (SELECT id FROM raw.images) ELSE (id IS NOT "
      "NULL AND (id IN (SELECT id FROM raw.images) OR id IN (SELECT met.id FROM (SELECT DISTINCT "
      "id, "
      "uri FROM raw.sources WHERE {1} = 'raw.quarantine' AND id IS NOT NULL) met JOIN {0} now USING "
      "(uri) "
      "GROUP BY met.id HAVING NOT bool_or(coalesce(now.gone, false) OR (now.id IS NOT DISTINCT FROM met.id "
      "AND "
      "now.{1} IS NOT DISTINCT FROM 'raw.quarantine'))))) OR (id IS NULL AND (source IN (SELECT uri "
      "FROM {0} "
      "WHERE coalesce(gone, false) OR id IS NOT NULL OR {1} IS DISTINCT FROM 'raw.quarantine') OR "
      "struct_pack(s := source, t := quarantined_at) NOT IN (SELECT struct_pack(s := source, t := "
      "max(quarantined_at)) FROM raw.quarantine WHERE id IS NULL AND source IS NOT NULL GROUP BY source))) "
      "END",
      LatestPlaces(column), column);
}

// What is fetched rather than read; RFC 3986, 3.1: schemes are the same in any case.
constexpr std::string_view kRemote =
    "(s.id IS NULL AND regexp_matches(s.uri, '^(https?|s3a?|gs|hdfs|webhdfs)://', 'i'))";

// The places whose latest word is that they are in quarantine, with what was kept of them.
std::string PlacesOf(const std::string& condition, const std::string& column, bool remote) {
  return fmt::format(
      "WITH kept AS (SELECT * FROM raw.quarantine WHERE {0} AND NOT coalesce({1}, false) AND NOT "
      "coalesce(starts_with(verdict, 'check:'), false)) "
      "SELECT s.uri AS uri, s.etag AS etag, s.label AS label, q.filename AS filename, "
      "coalesce(epoch_ns(s.mtime), 0)::BIGINT AS mtime_ns, coalesce(q.size, 0)::BIGINT AS size, q.content AS "
      "content, CASE WHEN q.content IS NULL AND s.uri LIKE 'file://%' AND s.uri NOT LIKE '%#%' THEN "
      "url_decode(s.uri[8:]) END AS path, s.attributes AS attributes FROM {2} s JOIN kept q ON "
      "coalesce(s.id, s.uri) = coalesce(q.id, q.source) WHERE s.{5} = 'raw.quarantine' AND NOT "
      "coalesce(s.gone, false) AND {3} {4}",
      condition, Settled(column), LatestPlaces(column), remote ? "" : "NOT", kRemote, column);
}

Result<int64_t> Count(query::SqlSession* sql_session, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto result, sql_session->Query(sql));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(result->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != 1) return Error(ErrorCode::kInternal, "a count gave no row");
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

// Lakes of earlier versions do not count the tries until something is ingested again.
Result<bool> CountsAttempts(const Session& session, const catalog::Lake& lake) {
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(lake.TablePlace({"raw", "quarantine"}).path));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  return snapshot->definition().schema->GetFieldByName("attempts") != nullptr;
}

// Quoted.
Result<std::string> TableColumn(const Session& session, const catalog::Lake& lake) {
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(lake.TablePlace({"raw", "sources"}).path));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  return fmt::format("\"{}\"", catalog::SourcesTableColumn(*snapshot->definition().schema));
}

Status DeleteSettled(const Session& session, query::SqlSession* sql_session) {
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const std::string column, TableColumn(session, lake));
  PL_ASSIGN_OR_RETURN(
      const int64_t rows,
      Count(sql_session, fmt::format("SELECT count(*) FROM raw.quarantine WHERE {}", Settled(column))));
  if (rows == 0) return Status::OK();
  return query::RunStatements({session, *sql_session},
                              fmt::format("DELETE FROM raw.quarantine WHERE {}", Settled(column)))
      .status();
}

}  // namespace

Result<std::string> QuarantineListing(const Session& session, const QuarantineFilter& filter, int64_t limit,
                                      bool brief) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const std::string condition, Condition(filter));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const std::string column, TableColumn(session, lake));
  PL_ASSIGN_OR_RETURN(const bool counts, CountsAttempts(session, lake));
  std::string sql = fmt::format(
      "SELECT {} FROM raw.quarantine WHERE {} AND NOT coalesce({}, false) ORDER BY quarantined_at DESC, "
      "source",
      brief ? "left(id, 8) AS id, coalesce(filename, source) AS filename, verdict, message"
            : fmt::format(
                  "id, filename, verdict, message, \"offset\", size, source, quarantined_at, {} AS attempts",
                  counts ? "attempts" : "NULL::INTEGER"),
      condition, Settled(column));
  if (limit > 0) sql += fmt::format(" LIMIT {}", limit);
  return sql;
}

Status SettleQuarantine(const Session& session) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session));
  return DeleteSettled(session, sql_session.get());
}

Result<ReplayReport> ReplayQuarantine(const Session& session, const QuarantineFilter& filter,
                                      const ingest::LakeIngestOptions& request) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const std::string condition, Condition(filter));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const std::string column, TableColumn(session, lake));
  table::TableFormat* const format = session.new_table_format();
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session, Work::kReplay));
  ReplayReport report;
  ingest::LakeIngestOptions options = request;
  options.memory = session.Plan(Work::kReplay);
  options.on_items = session.Watch("Judging again");
  options.threads = session.threads();
  options.kernels = &session.kernels();
  options.rehash = true;
  options.source.fetch.memory_bytes = std::min(options.source.fetch.memory_bytes, options.memory.fetch);
  PL_ASSIGN_OR_RETURN(const auto scratch, lake::Scratch::Make(lake));
  options.source.spill_folder = scratch->folder();
  for (const bool remote : {false, true}) {
    PL_ASSIGN_OR_RETURN(auto rows, sql_session->Query(PlacesOf(condition, column, remote)));
    PL_ASSIGN_OR_RETURN(auto source, ingest::SourceOfRows(std::move(rows), remote, options.source));
    PL_ASSIGN_OR_RETURN(const ingest::LakeIngestReport ingested,
                        ingest::IngestFrom(lake, format, std::move(source), options));
    report.replayed += ingested.items;
    report.missing += ingested.skipped;
    report.failed_again += ingested.added.failed_again;
    report.released += ingested.added.resolved;
  }
  PL_RETURN_NOT_OK(DeleteSettled(session, sql_session.get()));
  PL_ASSIGN_OR_RETURN(report.left, Count(sql_session.get(), "SELECT count(*) FROM raw.quarantine"));
  return report;
}

}  // namespace pixlake::engine
