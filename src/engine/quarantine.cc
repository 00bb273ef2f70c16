#include "engine/quarantine.h"

#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "engine/sql.h"
#include "engine/statements/statement.h"
#include "image/verdict.h"
#include "ingest/source/row_source.h"

namespace pixlake::engine {
namespace {

Result<std::string> Condition(const QuarantineFilter& filter) {
  std::string condition = "true";
  if (!filter.verdict.empty()) {
    if (!image::VerdictFromName(filter.verdict)) {
      return Error(ErrorCode::kUsage, fmt::format("--verdict {}: there is no such verdict", filter.verdict));
    }
    condition += fmt::format(" AND verdict = '{}'", filter.verdict);
  }
  if (!filter.where.empty()) condition += fmt::format(" AND ({}\n)", filter.where);
  return condition;
}

constexpr std::string_view kReleased = "(id IS NOT NULL AND id IN (SELECT id FROM raw.images))";

// The places whose latest word is that they are in quarantine, with what was kept of them.
std::string PlacesOf(const std::string& condition) {
  return fmt::format(
      "WITH latest AS (SELECT * FROM raw.sources QUALIFY row_number() OVER (PARTITION BY uri ORDER BY "
      "last_seen "
      "DESC) = 1), kept AS (SELECT * FROM raw.quarantine WHERE {} AND NOT coalesce({}, false)) "
      "SELECT s.uri AS uri, s.etag AS etag, s.label AS label, q.filename AS filename, "
      "coalesce(epoch_ns(s.mtime), 0)::BIGINT AS mtime_ns, coalesce(q.size, 0)::BIGINT AS size, q.content AS "
      "content, "
      "CASE WHEN q.content IS NULL AND s.uri LIKE 'file://%' AND s.uri NOT LIKE '%#%' THEN "
      "url_decode(s.uri[8:]) END AS path FROM latest s JOIN kept q ON "
      "coalesce(s.id, s.uri) = coalesce(q.id, q.source) WHERE s.\"table\" = 'raw.quarantine' AND NOT "
      "coalesce(s.gone, false)",
      condition, kReleased);
}

Result<int64_t> Count(query::SqlSession* session, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto result, session->Query(sql));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(result->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != 1) return Error(ErrorCode::kInternal, "a count gave no row");
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

}  // namespace

Result<std::string> QuarantineListing(const QuarantineFilter& filter, int64_t limit) {
  PL_ASSIGN_OR_RETURN(const std::string condition, Condition(filter));
  std::string sql = fmt::format(
      "SELECT id, filename, verdict, message, \"offset\", size, source, quarantined_at FROM raw.quarantine "
      "WHERE {} "
      "AND NOT coalesce({}, false) ORDER BY quarantined_at DESC, source",
      condition, kReleased);
  if (limit > 0) sql += fmt::format(" LIMIT {}", limit);
  return sql;
}

Result<ReplayReport> ReplayQuarantine(const Engine& engine, const QuarantineFilter& filter,
                                      const ingest::LakeIngestOptions& request) {
  PL_ASSIGN_OR_RETURN(const std::string condition, Condition(filter));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, engine.OpenLake());
  PL_ASSIGN_OR_RETURN(table::TableFormat* const format, engine.Format("delta"));
  PL_ASSIGN_OR_RETURN(const auto session, OpenSqlSession(engine));
  ReplayReport report;
  PL_ASSIGN_OR_RETURN(auto rows, session->Query(PlacesOf(condition)));
  PL_ASSIGN_OR_RETURN(auto source, ingest::SourceOfRows(std::move(rows)));
  ingest::LakeIngestOptions options = request;
  options.memory_bytes = engine.memory_bytes() / 2;  // the other half is the query's
  options.threads = engine.threads();
  options.rehash = true;
  PL_ASSIGN_OR_RETURN(const ingest::LakeIngestReport ingested,
                      ingest::IngestFrom(lake, format, std::move(source), options));
  report.replayed = ingested.items;
  report.missing = ingested.skipped;
  PL_ASSIGN_OR_RETURN(
      report.released,
      Count(session.get(), fmt::format("SELECT count(DISTINCT id) FROM raw.quarantine WHERE {}", kReleased)));
  if (report.released > 0) {
    PL_RETURN_NOT_OK(
        RunStatements({engine, *session}, fmt::format("DELETE FROM raw.quarantine WHERE {}", kReleased))
            .status());
  }
  PL_ASSIGN_OR_RETURN(report.left, Count(session.get(), "SELECT count(*) FROM raw.quarantine"));
  return report;
}

}  // namespace pixlake::engine
