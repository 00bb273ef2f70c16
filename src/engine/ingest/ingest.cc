#include "engine/ingest/ingest.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "catalog/lake.h"
#include "engine/ingest/metadata.h"
#include "engine/quarantine.h"
#include "lake/lake_tables.h"

namespace pixlake::engine {

Result<catalog::Lake> OpenOrMakeLake(const Session& session, const std::string& uri,
                                     const catalog::ZoneRoots& roots) {
  PL_ASSIGN_OR_RETURN(io::Location place, session.Locate(uri));
  return catalog::Lake::Init(std::move(place), {roots, session.local_options()});
}

Result<LakeSummary> InitLake(const Session& session, const std::string& uri) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, OpenOrMakeLake(session, uri, {}));
  table::TableFormat* const format = session.new_table_format();
  PL_RETURN_NOT_OK(lake::OpenLakeTables(lake, format).status());
  LakeSummary summary;
  summary.path = lake.place().path;
  for (const catalog::TableName& name : catalog::OwnTables()) summary.tables.push_back(name.text());
  return summary;
}

Result<ingest::LakeIngestReport> Ingest(const Session& session, const IngestRequest& request) {
  const StopScope scope = session.Enter();
  if (request.table != "raw.images") {
    return Error(
        ErrorCode::kUsage,
        fmt::format("--table {}: images go to raw.images, what came along to raw.binary", request.table));
  }
  // A source that was mistyped must not leave a new lake behind.
  PL_RETURN_NOT_OK(ingest::OpenSources(request.sources, request.options.source).status());
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, OpenOrMakeLake(session, request.lake, request.roots));
  table::TableFormat* const format = session.new_table_format();
  ingest::LakeIngestOptions options = request.options;
  options.memory = session.Plan(Work::kIngest);
  options.on_items = session.Watch("Ingesting");
  options.threads = session.threads();
  options.kernels = &session.kernels();
  options.source.fetch.memory_bytes = std::min(options.source.fetch.memory_bytes, options.memory.fetch);
  PL_ASSIGN_OR_RETURN(ingest::LakeIngestReport report,
                      ingest::IngestIntoLake(lake, format, request.sources, options));
  // A run that was killed before this is made good by the next one that tries something again.
  if (report.added.resolved + report.added.failed_again + report.added.gone + report.replayed_batches > 0) {
    PL_ASSIGN_OR_RETURN(const auto of_lake, session.WithLake(request.lake));
    PL_RETURN_NOT_OK(WithContext(SettleQuarantine(*of_lake), "the images are taken; tidying raw.quarantine"));
  }
  if (request.describe_known && options.examine.describe &&
      report.unchanged + report.added.unchanged + report.added.duplicates > 0) {
    PL_ASSIGN_OR_RETURN(const auto of_lake, session.WithLake(request.lake));
    MetadataRequest known{"raw.images", "raw.metadata", "", {}};
    known.options.examine = request.options.examine;
    PL_ASSIGN_OR_RETURN(const ingest::DescribeReport described, DescribeImages(*of_lake, &known));
    report.added.described += described.succeeded;
    if (described.failed > 0) {
      report.notes.push_back(
          fmt::format("{} images that were known could not be described; the reasons are in {}",
                      described.failed, known.failure));
    }
  }
  return report;
}

}  // namespace pixlake::engine
